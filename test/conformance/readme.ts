/**
 * `npm run readme`: replays the recorded scenarios and writes the agreement table into README.md. With --check: only says
 * whether the table is as it should be, by the exit code.
 */
import { readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { GROUPS, readGroup } from "./corpus.ts";
import { runScenario } from "./outcome.ts";

const README = fileURLToPath(new URL("../../README.md", import.meta.url));
const BEGIN = "<!-- agreement: written by npm run readme -->";
const END = "<!-- /agreement -->";

const COVERS: Readonly<Record<(typeof GROUPS)[number], string>> = {
  iptables: "hook order, rule evaluation, every match and target that is emulated, IPv4 and IPv6",
  conntrack: "TCP states and windows, UDP, ICMP, other protocols, fragments, expiry, a full table",
  nat: "SNAT, DNAT, MASQUERADE, REDIRECT, NETMAP, port clashes and ranges, ICMP errors, checksums",
  ipvs: "virtual services, schedulers, forwarding methods, persistence, states, changes while traffic runs",
  kube: "kube-proxy's nodes in iptables and in IPVS mode: cluster IPs, node ports, load balancers, affinity",
  devices: "bridges with br_netfilter (learning, flooding, DNAT, rejects, fragments, physdev) and VLAN devices",
  fuzz: "random rulesets, sets and virtual services under random traffic",
};

const rows = [["recorded from Linux 6.1", "scenarios", "agree"]];
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
const begin = readme.indexOf(BEGIN);
const end = readme.indexOf(END);
if (begin < 0 || end < begin) throw new Error(`README.md has no ${BEGIN} ... ${END}`);
const current = `${readme.slice(0, begin)}${BEGIN}\n\n${table}\n\n${readme.slice(end)}`;
console.log(table);
if (!process.argv.includes("--check")) writeFileSync(README, current);
else if (current !== readme) {
  console.error("README.md: the agreement table is not current; run npm run readme");
  process.exitCode = 1;
}

/** A Markdown table with its columns aligned, as the formatter has it; the first row is the heading. */
function formatTable(cells: readonly (readonly string[])[]): string[] {
  const widths = cells[0]!.map((_, column) => Math.max(...cells.map((row) => row[column]!.length)));
  const line = (row: readonly string[]) => `| ${row.map((cell, column) => cell.padEnd(widths[column]!)).join(" | ")} |`;
  const rule = line(widths.map((width) => "-".repeat(width)));
  return cells.flatMap((row, i) => (i === 0 ? [line(row), rule] : [line(row)]));
}
