/**
 * `npm run bench:pauses`: time of every chunk while the connection table grows to a million connections and then stays there, each
 * packet beginning one and another one ending. It is the time that passes, for a pause is what somebody waits: CPU time would hold
 * the engine's threads beside it. The same is run several times, and every chunk has its least time: what is left is the chunk's own
 * work, not the machine's. No chunk may lie a millisecond above the median of its neighbours; the median of all is printed, too, but
 * chunks become slower as the table fills, until it grows, whether connections end or not. Memory for the connections is reserved;
 * a last run does without, where chunks in which memory grows make the engine collect garbage, and is only printed.
 */
import { setFlagsFromString } from "node:v8";
import { NewConnections } from "./new-connections.ts";

const IS_QUICK = process.argv.includes("--quick");
const ALIVE = IS_QUICK ? 200_000 : 1_000_000;
const PACKETS = ALIVE * 2;
/** UDP that nobody answers lives for 30 s. */
const STEP_NS = BigInt(Math.round(30e9 / ALIVE));
const ROUNDS = IS_QUICK ? 3 : 5;
const LIMIT_US = 1000;
/** Chunks before and behind one that it is compared with. */
const NEIGHBOURS = 12;
const RESERVED = 512 << 20;

// The compilers' work is not what is looked for: all code is made at once.
setFlagsFromString("--no-liftoff");
setFlagsFromString("--no-wasm-lazy-compilation");
await run(50_000, "udp-nat");
for (const kind of ["udp", "udp-nat"] as const) {
  const first = await run(PACKETS, kind);
  const least = first.map(({ us }) => us);
  for (let round = 1; round < ROUNDS; round++) {
    for (const [i, { us }] of (await run(PACKETS, kind)).entries()) least[i] = Math.min(least[i]!, us);
  }
  const most = Math.max(...first.map(({ alive }) => alive)).toLocaleString("en");
  const half = least.length >> 1;
  print(`${kind}, growing to ${most} connections`, least.slice(0, half));
  print(`${kind}, as many ending as beginning`, least.slice(half));
  const unreserved = await run(PACKETS, kind, 0);
  const times = unreserved.map(({ us }) => us);
  const growths = unreserved.flatMap(({ hasGrown }, i) => (hasGrown ? [aboveNeighbours(times, i)] : []));
  console.log(
    `${kind}, memory not reserved, grown in ${growths.length} chunks: microseconds above the neighbours ${growths.join(", ")}`,
  );
}

interface ChunkTime {
  /** In microseconds. */
  readonly us: number;
  /** Connections after it. */
  readonly alive: number;
  readonly hasGrown: boolean;
}

async function run(packets: number, kind: "udp" | "udp-nat", reserve = RESERVED): Promise<ChunkTime[]> {
  const connections = await NewConnections.create(kind, "", { reserve });
  const { core } = connections.emulator;
  const chunks: ChunkTime[] = [];
  let time = 1_000_000_000n;
  for (let left = packets; left > 0; ) {
    const count = connections.prepare(time, STEP_NS);
    const size = core.memory.buffer.byteLength;
    const before = performance.now();
    connections.run(count);
    const us = Math.round((performance.now() - before) * 1000);
    chunks.push({ us, alive: core.entryCount(), hasGrown: core.memory.buffer.byteLength !== size });
    time += STEP_NS * BigInt(count);
    left -= count;
  }
  return chunks;
}

function print(name: string, times: readonly number[]): void {
  const sorted = times.toSorted((a, b) => a - b);
  const at = (share: number) => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))]!;
  const pause = Math.max(...times.map((_, i) => aboveNeighbours(times, i)));
  console.log(
    `${name}: ${times.length} chunks; microseconds: median ${at(0.5)}, 99 % ${at(0.99)}, longest ${at(1)}; ` +
      `most above its neighbours ${pause}, ${pause <= LIMIT_US ? "within" : "BEYOND"} ${LIMIT_US}`,
  );
  if (pause > LIMIT_US) process.exitCode = 1;
}

function aboveNeighbours(times: readonly number[], i: number): number {
  return times[i]! - medianOf(times.slice(Math.max(0, i - NEIGHBOURS), i + NEIGHBOURS + 1));
}

function medianOf(times: readonly number[]): number {
  return times.toSorted((a, b) => a - b)[times.length >> 1]!;
}
