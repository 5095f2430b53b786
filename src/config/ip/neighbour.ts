import type { Neighbour } from "../../model/node.ts";
import { parseAddress, parseMac } from "../address.ts";
import { type JsonObject, parseJsonArrays } from "./json.ts";

/** Parses `ip -j neigh`; entries without a link-layer address (FAILED, INCOMPLETE) say nothing and are left out. */
export function parseNeighbours(text: string, file: string): Neighbour[] {
  return (
    parsePrinted(text) ??
    parseJsonArrays(text, file)
      .flat()
      .map(neighbourOf)
      .filter((one) => one !== undefined)
  );
}

function neighbourOf(entry: JsonObject): Neighbour | undefined {
  const lladdr = entry.string("lladdr");
  const mac = lladdr === undefined ? undefined : parseMac(lladdr);
  if (!mac || entry.strings("state").some(isUnresolved)) return undefined;
  return {
    device: entry.required("dev", entry.string("dev")),
    address: entry.required("dst", entry.address("dst")),
    mac,
  };
}

function isUnresolved(state: string): boolean {
  return state === "FAILED" || state === "INCOMPLETE";
}

/** An entry as `ip` prints it, and the comma or the bracket behind it. */
const ENTRY =
  /\{"dst":"([0-9a-f.:]+)","dev":"([\w.-]+)"(?:,"lladdr":"([0-9a-f:]+)")?(?:,"[a-z_]+":null)*,"state":\["([A-Z]+)"\]\}([,\]])/y;

/**
 * One array, just as `ip` prints it: a node of a large cluster has tens of thousands of neighbours, and the objects of
 * JSON.parse would cost more than all else. undefined for anything else.
 */
function parsePrinted(text: string): Neighbour[] | undefined {
  if (text[0] !== "[") return undefined;
  const neighbours: Neighbour[] = [];
  // A gateway, or a network plugin that answers for all, has the one address that most neighbours share.
  let lastText = "";
  let lastMac: Uint8Array | undefined;
  ENTRY.lastIndex = 1;
  while (true) {
    const found = ENTRY.exec(text);
    if (!found) return undefined;
    const [, dst, device, lladdr, state, next] = found;
    if (lladdr !== undefined && !isUnresolved(state!)) {
      const mac: Uint8Array | undefined = lladdr === lastText ? lastMac : parseMac(lladdr);
      lastText = lladdr;
      lastMac = mac;
      const address = parseAddress(dst!);
      if (!mac || !address) return undefined;
      neighbours.push({ device: device!, address, mac });
    }
    if (next === "]") return text.slice(ENTRY.lastIndex).trim() === "" ? neighbours : undefined;
  }
}
