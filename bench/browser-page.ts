/** What `npm run bench:browser` runs in a page: the same rounds as Node's, by wall time, sent back to the server. */
import { roundsOf } from "./browser-rounds.ts";

const address = new URL("/result", location.href);
try {
  await fetch(address, { method: "POST", body: JSON.stringify(await roundsOf()) });
} catch (error) {
  await fetch(address, { method: "POST", body: JSON.stringify({ error: String(error) }) });
}
