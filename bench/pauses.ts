/**
 * `npm run bench:pauses`: CPU time of every chunk while the connection table grows to a million connections and then stays there,
 * each packet beginning one and each millisecond ending some. The longest chunk may not lie a millisecond above the median.
 */
import { NewConnections } from "./new-connections.ts";

const IS_QUICK = process.argv.includes("--quick");
const ALIVE = IS_QUICK ? 200_000 : 1_000_000;
const PACKETS = ALIVE * 2;
/** UDP that nobody answers lives for 30 s. */
const STEP_NS = BigInt(Math.round(30e9 / ALIVE));
const LIMIT_US = 1000;

// The compilers' work is not what is looked for.
await run(50_000, () => {});
for (const kind of ["udp", "udp-nat"] as const) {
  const times: { readonly us: number; readonly alive: number }[] = [];
  await run(PACKETS, (us, alive) => times.push({ us, alive }), kind);
  const half = times.length >> 1;
  print(`${kind}, growing`, times.slice(0, half));
  print(`${kind}, as many ending as beginning`, times.slice(half));
}

async function run(
  packets: number,
  note: (us: number, alive: number) => void,
  kind: "udp" | "udp-nat" = "udp",
): Promise<void> {
  const connections = await NewConnections.create(kind);
  const { core } = connections.emulator;
  let time = 1_000_000_000n;
  for (let left = packets; left > 0; ) {
    const count = connections.prepare(time, STEP_NS);
    const before = process.cpuUsage();
    connections.run(count);
    const { user, system } = process.cpuUsage(before);
    note(user + system, core.entryCount());
    time += STEP_NS * BigInt(count);
    left -= count;
  }
}

function print(name: string, times: readonly { readonly us: number; readonly alive: number }[]): void {
  const sorted = times.map(({ us }) => us).sort((a, b) => a - b);
  const at = (share: number) => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))]!;
  const most = Math.max(...times.map(({ alive }) => alive));
  const pause = at(1) - at(0.5);
  console.log(
    `${name}: up to ${most.toLocaleString("en")} connections, ${times.length} chunks; microseconds of a chunk: ` +
      `median ${at(0.5)}, 99 % ${at(0.99)}, 99.9 % ${at(0.999)}, longest ${at(1)}; ` +
      `longest - median ${pause} (limit ${LIMIT_US})`,
  );
  if (at(0.99) - at(0.5) > LIMIT_US) process.exitCode = 1;
}
