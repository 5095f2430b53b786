import type { Masks } from "./mask-names.ts";
import { type Comparison, Findings, linesOf, wordsOf } from "./results.ts";

interface Rule {
  readonly counters: string;
  readonly text: string;
}

interface Table {
  /** "ACCEPT 12:3456" by chain; "- 0:0" for a user-defined one. */
  readonly chains: Map<string, { readonly policy: string; readonly counters: string }>;
  readonly rules: Map<string, Rule[]>;
}

/** Chains that the largest built-in table has: a table with no more, and no rule, was only touched. */
const BUILT_IN_CHAINS = 5;

/**
 * Compares two `iptables-save -c` dumps: chains, policies and every counter, rules by their position in the chain.
 * A rule's text is not compared: the rules are the node's own.
 */
export function compareRules(file: string, expected: Uint8Array, actual: Uint8Array, masks: Masks): Comparison {
  const findings = new Findings(file);
  const want = tablesOf(expected);
  const got = tablesOf(actual);
  for (const name of [...new Set([...want.keys(), ...got.keys()])].sort()) {
    const wanted = want.get(name);
    const found = got.get(name);
    if (wanted && found) compareTable(findings, name, wanted, found, masks);
    else if (isUsed((wanted ?? found)!))
      findings.differs(`table ${name} only in what was ${wanted ? "expected" : "found"}`);
  }
  return findings;
}

function isUsed(table: Table): boolean {
  return table.chains.size > BUILT_IN_CHAINS || [...table.rules.values()].some((rules) => rules.length > 0);
}

function compareTable(findings: Findings, table: string, want: Table, got: Table, masks: Masks): void {
  const countersMatter = !masks.has("counters");
  for (const chain of [...new Set([...want.chains.keys(), ...got.chains.keys()])].sort()) {
    const wanted = want.chains.get(chain);
    const found = got.chains.get(chain);
    const isSame =
      wanted && found && wanted.policy === found.policy && (!countersMatter || wanted.counters === found.counters);
    if (isSame) findings.equal++;
    else
      findings.differs(`${table} ${chain}: policy and counters expected ${chainText(wanted)}, got ${chainText(found)}`);
    compareChain(
      findings,
      `${table} ${chain}`,
      want.rules.get(chain) ?? [],
      got.rules.get(chain) ?? [],
      countersMatter,
    );
  }
}

function compareChain(findings: Findings, chain: string, want: Rule[], got: Rule[], countersMatter: boolean): void {
  if (want.length !== got.length) {
    findings.differs(`${chain}: ${want.length} rules expected, ${got.length} found`);
    return;
  }
  for (const [i, wanted] of want.entries()) {
    const found = got[i]!;
    if (!countersMatter || wanted.counters === found.counters) findings.equal++;
    else {
      const where = `${chain} rule ${i + 1} (${wanted.text})`;
      findings.differs(`${where}: counters expected ${wanted.counters}, got ${found.counters}`);
    }
  }
}

function chainText(chain: { policy: string; counters: string } | undefined): string {
  return chain ? `${chain.policy} [${chain.counters}]` : "no such chain";
}

function tablesOf(file: Uint8Array): Map<string, Table> {
  const tables = new Map<string, Table>();
  let table: Table | undefined;
  for (const line of linesOf(file).map((line) => line.trim())) {
    if (line.startsWith("*")) {
      table = tables.get(line.slice(1)) ?? { chains: new Map(), rules: new Map() };
      tables.set(line.slice(1), table);
    } else if (table) {
      readLine(table, line);
    }
  }
  return tables;
}

function readLine(table: Table, line: string): void {
  const chain = /^:(\S+) (\S+)(?: \[(\d+:\d+)\])?/.exec(line);
  if (chain) {
    table.chains.set(chain[1]!, { policy: chain[2]!, counters: chain[3] ?? "0:0" });
    return;
  }
  const rule = /^(?:\[(\d+:\d+)\] )?-A (\S+) ?(.*)/.exec(line);
  if (!rule) return;
  const rules = table.rules.get(rule[2]!) ?? [];
  table.rules.set(rule[2]!, rules);
  rules.push({ counters: rule[1] ?? "0:0", text: wordsOf(rule[3]!).join(" ") });
}
