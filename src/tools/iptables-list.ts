import { formatAddress } from "../config/address.ts";
import { printRule, printTarget } from "../config/iptables/print.ts";
import { BUILT_IN_CHAINS } from "../config/iptables/rule-checks.ts";
import { formatPrefix, formatProtocol } from "../config/iptables/values.ts";
import type { Family, Negatable, Prefix } from "../model/address.ts";
import type { Chain, Counters, Rule, Table } from "../model/ruleset.ts";
import { ToolFailure } from "./answer.ts";
import { describeMatch, describeTarget } from "./iptables-describe.ts";

/** `iptables -L` and `-S` (print_firewall_line of xshared.c). */

export interface ListFormat {
  /** `-n`, `-v`, `-x`, `--line-numbers`. */
  readonly numeric: boolean;
  readonly verbose: boolean;
  readonly exact: boolean;
  readonly lineNumbers: boolean;
}

export const NUMERIC: ListFormat = { numeric: true, verbose: false, exact: false, lineNumbers: false };

interface Selection {
  readonly chain?: string;
  readonly number?: number;
}

export function listTable(table: Table, family: Family, selection: Selection, format: ListFormat): string {
  const { number } = selection;
  const chains = selected(table, selection);
  if (number !== undefined) {
    return chains[0]!.rules
      .slice(number - 1, number)
      .map((rule) => listRule(rule, number, family, format))
      .join("");
  }
  return chains
    .map((chain) => {
      const rules = chain.rules.map((rule, i) => listRule(rule, i + 1, family, format));
      return chainHeading(table, chain, format) + columnHeading(format) + rules.join("");
    })
    .join("\n");
}

export function listRules(table: Table, family: Family, selection: Selection, format: ListFormat): string {
  const { number } = selection;
  const chains = selected(table, selection);
  const counted = ({ packets, bytes }: Counters) => (format.verbose ? ` -c ${packets} ${bytes}` : "");
  const lines: string[] = [];
  for (const { name, policy, counters } of number === undefined ? chains : []) {
    lines.push(policy === undefined ? `-N ${name}` : `-P ${name} ${policy}${counted(counters ?? ZERO)}`);
  }
  for (const chain of chains) {
    for (const [i, rule] of chain.rules.entries()) {
      if (number !== undefined && number !== i + 1) continue;
      const { target, ...test } = rule;
      const text = printRule(test, chain.name, family) + counted(rule.counters ?? ZERO);
      lines.push(target ? text + printTarget(target, family) : text);
    }
  }
  return lines.map((line) => `${line}\n`).join("");
}

/** What `-v` prints of a rule that a command names. */
export function printVerboseRule(rule: Rule, family: Family): string {
  const { inInterface, outInterface } = rule;
  const words = [
    targetName(rule, family),
    ` ${protocolText(rule, false)}`,
    `opt ${optionText(rule)}`,
    `in ${interfaceText(inInterface)}`,
    `out ${interfaceText(outInterface)}`,
  ];
  const [source, destination] = [rule.source, rule.destination].map((test) => {
    return `${test?.invert ? "!" : ""}${addressText(test, family, true)}`;
  });
  return `${words.join(" ")}  ${source}  -> ${destination}  ${describe(rule, family, true)}\n`;
}

const ZERO: Counters = { packets: 0n, bytes: 0n };

/** The chains that are asked for, in the order of the tool. */
function selected(table: Table, { chain }: Selection): Chain[] {
  if (chain !== undefined) {
    const found = table.chains.find(({ name }) => name === chain);
    if (!found) throw new ToolFailure(1, "iptables: No chain/target/match by that name.");
    return [found];
  }
  const order = BUILT_IN_CHAINS[table.name];
  const user = table.chains.filter(({ name }) => !order.includes(name));
  user.sort((a, b) => (a.name < b.name ? -1 : 1));
  return [...order.map((name) => table.chains.find((one) => one.name === name)!), ...user];
}

function chainHeading(table: Table, chain: Chain, format: ListFormat): string {
  const { packets, bytes } = chain.counters ?? ZERO;
  if (chain.policy === undefined) return `Chain ${chain.name} (${references(table, chain.name)} references)\n`;
  const counted = format.verbose
    ? ` ${numberText(packets, format).trim()} packets, ${numberText(bytes, format).trim()} bytes`
    : "";
  return `Chain ${chain.name} (policy ${chain.policy}${counted})\n`;
}

function references(table: Table, name: string): number {
  let count = 0;
  for (const chain of table.chains) {
    for (const { target } of chain.rules) {
      if ((target?.kind === "jump" || target?.kind === "goto") && target.chain === name) count++;
    }
  }
  return count;
}

function columnHeading(format: ListFormat): string {
  let text = format.lineNumbers ? "num  " : "";
  if (format.verbose) text += format.exact ? "    pkts      bytes " : " pkts bytes ";
  text += "target     prot opt ";
  if (format.verbose) text += "in     out     ";
  return `${text}source               destination         \n`;
}

function listRule(rule: Rule, number: number, family: Family, format: ListFormat): string {
  let text = format.lineNumbers ? `${String(number).padEnd(4)} ` : "";
  if (format.verbose) {
    const { packets, bytes } = rule.counters ?? ZERO;
    text += numberText(packets, format) + numberText(bytes, format);
  }
  text += `${targetName(rule, family).padEnd(9)}  ${protocolText(rule, format.numeric).padEnd(4)} ${optionText(rule)} `;
  if (format.verbose) {
    text += ` ${interfaceText(rule.inInterface).padEnd(6)} ${interfaceText(rule.outInterface).padEnd(6)} `;
  }
  for (const test of [rule.source, rule.destination]) {
    text += `${test?.invert ? "!" : " "}${addressText(test, family, format.numeric).padEnd(19)} `;
  }
  if (rule.target?.kind === "goto") text += "[goto] ";
  return `${text}${describe(rule, family, format.numeric)}\n`;
}

/** Counters of five digits, larger ones in thousands, millions and so on, unless they are to be exact. */
function numberText(number: bigint, format: ListFormat): string {
  if (format.exact) return `${String(number).padStart(8)} `;
  if (number <= 99999n) return `${String(number).padStart(5)} `;
  let rest = number;
  for (const unit of ["K", "M", "G"]) {
    rest = (rest + 500n) / 1000n;
    if (rest <= 9999n) return `${String(rest).padStart(4)}${unit} `;
  }
  return `${String((rest + 500n) / 1000n).padStart(4)}T `;
}

function targetName({ target }: Rule, family: Family): string {
  if (!target) return "";
  if (target.kind === "jump" || target.kind === "goto") return target.chain;
  return printTarget(target, family).split(" ")[2]!;
}

function protocolText({ protocol }: Rule, numeric: boolean): string {
  const value = protocol?.value ?? 0;
  const text = numeric ? String(value) : value === 0 ? "all" : formatProtocol(value);
  return `${protocol?.invert ? "!" : ""}${text}`;
}

function optionText({ fragment }: Rule): string {
  if (!fragment) return "--";
  return fragment.invert ? "!f" : "-f";
}

function interfaceText(test: Negatable<string> | undefined): string {
  return test ? `${test.invert ? "!" : ""}${test.value}` : "*";
}

function addressText(test: Negatable<Prefix> | undefined, family: Family, numeric: boolean): string {
  const text = test && formatPrefix(test.value);
  if (!test || text === undefined) return numeric ? (family === 4 ? "0.0.0.0/0" : "::/0") : "anywhere";
  const bits = family === 4 ? "/32" : "/128";
  const isHost = text.endsWith(bits);
  if (isHost && !numeric && formatAddress(test.value.address) === "127.0.0.1") return "localhost";
  return isHost ? text.slice(0, -bits.length) : text;
}

function describe(rule: Rule, family: Family, numeric: boolean): string {
  const parts = rule.matches.map((match) => describeMatch(match, family, numeric));
  if (rule.target) parts.push(describeTarget(rule.target, family, numeric));
  return parts.map((part) => (part === "" ? "" : ` ${part}`)).join("");
}
