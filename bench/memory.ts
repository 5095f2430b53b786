/**
 * `npm run bench:memory`: bytes of linear memory that a tracked connection takes, its share of the index included: the pages that
 * so many connections take, divided by them. Memory itself grows to four times of what it was, beyond what is used.
 */
import { KINDS, type Kind, NewConnections } from "./new-connections.ts";

const COUNTS = process.argv.includes("--quick") ? [100_000] : [1_000_000, 4_000_000];
const PAGE = 65_536;
const NAMES: Readonly<Record<Kind, string>> = {
  udp: "UDP, IPv4",
  tcp: "TCP, IPv4",
  "udp-nat": "UDP, IPv4, MASQUERADE",
  "udp-ipv6": "UDP, IPv6",
};

console.log(
  `| bytes a connection | ${COUNTS.map((count) => `${count.toLocaleString("en")} connections`).join(" | ")} |`,
);
console.log(`| --- | ${COUNTS.map(() => "---").join(" | ")} |`);
for (const kind of KINDS) {
  const bytes: string[] = [];
  for (const count of COUNTS) bytes.push((await measure(kind, count)).toFixed(1));
  console.log(`| ${NAMES[kind]} | ${bytes.join(" | ")} |`);
}

async function measure(kind: Kind, count: number): Promise<number> {
  const connections = await NewConnections.create(kind);
  const { core } = connections.emulator;
  const before = core.usedPages();
  connections.begin(count, 1_000_000_000n);
  if (core.entryCount() !== count) throw new Error(`${kind}: ${core.entryCount()} connections instead of ${count}`);
  return ((core.usedPages() - before) * PAGE) / count;
}
