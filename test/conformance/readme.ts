/**
 * `npm run readme`: replays the recorded scenarios and writes the agreement table into README.md, and the sum of what
 * `npm run kernel:diff` compared. With --check: only says whether both are as they should be, by the exit code.
 */
import { readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describeCompared, readCompared } from "../kernel-diff/compared.ts";
import { GROUPS, readGroup } from "./corpus.ts";
import { runScenario } from "./outcome.ts";

const README = fileURLToPath(new URL("../../README.md", import.meta.url));
const COVERS: Readonly<Record<(typeof GROUPS)[number], string>> = {
  iptables: "hook order, rule evaluation, every match and target that is emulated, IPv4 and IPv6",
  rules: "rarer matches and targets, every option of them; random rules, sets and programs under random traffic",
  conntrack: "TCP states and windows, UDP, ICMP, other protocols, fragments, expiry, a full table",
  nat: "SNAT, DNAT, MASQUERADE, REDIRECT, NETMAP, port clashes and ranges, ICMP errors, checksums",
  helpers: "FTP and TFTP helpers, FTP of IPVS: expected connections, changed addresses, shifted sequence numbers",
  events: "what `conntrack -E` shows: new, changed and ended connections",
  ipvs: "virtual services, schedulers, forwarding methods, persistence, states, changes while traffic runs",
  kube: "kube-proxy's nodes in iptables and in IPVS mode: cluster IPs, node ports, load balancers, affinity",
  devices: "bridges with br_netfilter (learning, flooding, groups, DNAT, rejects, fragments, physdev), VLANs and bonds",
  commands: "ip and conntrack in mid-run; IPVS calls by their Call-ID; errors about tunnels to servers",
  fuzz: "random rulesets, sets and virtual services under random traffic",
};

const rows = [["recorded from a real kernel", "scenarios", "agree"]];
let total = 0;
let agreeing = 0;
for (const group of GROUPS) {
  const scenarios = readGroup(group);
  let agree = 0;
  for (const scenario of scenarios) if ((await runScenario(scenario)).differences.length === 0) agree++;
  rows.push([`${group}: ${COVERS[group]}`, `${scenarios.length}`, `${agree}`]);
  total += scenarios.length;
  agreeing += agree;
}
rows.push(["all", `${total}`, `${agreeing}`]);
const table = formatTable(rows).join("\n");

const readme = readFileSync(README, "utf8");
let current = replaceBetween(readme, "agreement", table);
current = replaceBetween(current, "compared", describeCompared(readCompared()));
console.log(table);
if (!process.argv.includes("--check")) writeFileSync(README, current);
else if (current !== readme) {
  console.error("README.md: the agreement table or the sum of comparisons is not current; run npm run readme");
  process.exitCode = 1;
}

/** The text with the part between two comments replaced. */
function replaceBetween(text: string, name: string, part: string): string {
  const first = `<!-- ${name}: written by npm run readme -->`;
  const last = `<!-- /${name} -->`;
  const begin = text.indexOf(first);
  const end = text.indexOf(last);
  if (begin < 0 || end < begin) throw new Error(`README.md has no ${first} ... ${last}`);
  return `${text.slice(0, begin)}${first}\n\n${part}\n\n${text.slice(end)}`;
}

/** A Markdown table with its columns aligned, as the formatter has it; the first row is the heading. */
function formatTable(cells: readonly (readonly string[])[]): string[] {
  const widths = cells[0]!.map((_, column) => Math.max(...cells.map((row) => row[column]!.length)));
  const line = (row: readonly string[]) => `| ${row.map((cell, column) => cell.padEnd(widths[column]!)).join(" | ")} |`;
  const rule = line(widths.map((width) => "-".repeat(width)));
  return cells.flatMap((row, i) => (i === 0 ? [line(row), rule] : [line(row)]));
}
