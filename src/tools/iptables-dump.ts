import { formatAddress } from "../config/address.ts";
import { ConfigError } from "../config/error.ts";
import { BUILT_IN_CHAINS } from "../config/iptables/rule-checks.ts";
import type { Family, Negatable, Prefix } from "../model/address.ts";
import type { Rule, Table, TableName } from "../model/ruleset.ts";
import { matchSize, targetSize } from "./iptables-sizes.ts";

/**
 * What `iptables -vv` prints of the kernel's table: its entries one after another, as it was before the command (dump_entries(),
 * libiptc; formats and sizes from iptables 1.8.9 run on rules of every kind).
 */
export function dumpTable(table: Table, family: Family): string {
  const entries = layOut(table, family);
  const end = entries.at(-1)!;
  const at = (hook: string, of: "first" | "policy") =>
    HOOKS_OF[table.name].includes(hook)
      ? entries.find(({ chain, role }) => chain === hook && (of === "first" || role === "policy"))!.offset.toString(16)
      : "ffffffff";
  const places = (of: "first" | "policy") => HOOKS.map((hook) => at(hook, of)).join("/");
  return [
    `libiptc vlibxtables.so.12. ${end.offset + end.size} bytes.\n`,
    `Table \`${table.name}'\n`,
    `Hooks: pre/in/fwd/out/post = ${places("first")}\n`,
    `Underflows: pre/in/fwd/out/post = ${places("policy")}\n`,
    ...entries.map((entry, i) => entryText(entry, i, entries, family)),
  ].join("");
}

const HOOKS = ["PREROUTING", "INPUT", "FORWARD", "OUTPUT", "POSTROUTING"];
const HOOKS_OF: Readonly<Record<TableName, readonly string[]>> = BUILT_IN_CHAINS;
/** Bytes of an entry before its matches (struct ipt_entry, ip6t_entry). */
const HEADER: Readonly<Record<Family, number>> = { 4: 112, 6: 168 };
const STANDARD = 40;
const ERROR = 64;
const NO_RULE: Rule = { at: { file: "", line: 0, column: 0 }, matches: [] };

interface Entry {
  readonly chain: string;
  /** A user chain begins with an entry that names it; chains end with their policy, or RETURN; the table with an entry of its own. */
  readonly role: "name" | "rule" | "policy" | "return" | "end";
  readonly rule: Rule;
  readonly policy?: string;
  readonly offset: number;
  readonly size: number;
}

function layOut({ chains }: Table, family: Family): Entry[] {
  const entries: Entry[] = [];
  let offset = 0;
  const add = (entry: Omit<Entry, "offset" | "size">, behindHeader: number) => {
    const size = HEADER[family] + behindHeader;
    entries.push({ ...entry, offset, size });
    offset += size;
  };
  for (const { name, policy, counters, rules } of chains) {
    if (policy === undefined) add({ chain: name, role: "name", rule: NO_RULE }, ERROR);
    for (const rule of rules) add({ chain: name, role: "rule", rule }, sizeOf(rule, family));
    const last = policy === undefined ? "return" : "policy";
    add({ chain: name, role: last, rule: { ...NO_RULE, counters }, policy }, STANDARD);
  }
  add({ chain: "", role: "end", rule: NO_RULE }, ERROR);
  return entries;
}

function sizeOf(rule: Rule, family: Family): number {
  const matches = rule.matches.map(({ kind }) => matchSize(kind) ?? unknown(`match ${kind}`));
  const target = rule.target
    ? (targetSize(rule.target.kind, family) ?? unknown(`target ${rule.target.kind}`))
    : STANDARD;
  return matches.reduce((sum, size) => sum + size, target);
}

function unknown(what: string): never {
  const at = { file: "command", line: 1, column: 1 };
  throw new ConfigError("ERR_UNSUPPORTED", at, `-vv: how large ${what} is in the kernel's table is not known`);
}

function entryText(
  { role, rule, offset, size, policy, chain }: Entry,
  index: number,
  all: readonly Entry[],
  family: Family,
): string {
  const { packets, bytes } = rule.counters ?? { packets: 0n, bytes: 0n };
  return [
    `Entry ${index} (${offset}):\n`,
    addressText("SRC", rule.source, family),
    addressText("DST", rule.destination, family),
    `Interface: \`${deviceText(rule.inInterface)}to \`${deviceText(rule.outInterface)}\n`,
    `Protocol: ${rule.protocol?.value ?? 0}\n`,
    `Flags: ${hex(flags(rule, family))}\n`,
    `Invflags: ${hex(inversions(rule))}\n`,
    `Counters: ${packets} packets, ${bytes} bytes\n`,
    "Cache: 00000000\n",
    ...rule.matches.map(({ kind }) => `Match name: \`${kind === "state" ? "conntrack" : kind}'\n`),
    role === "name" || role === "end"
      ? `Target name: \`ERROR' [${ERROR}]\nerror=\`${role === "end" ? "ERROR" : chain}'\n`
      : targetText(rule, policy ?? (role === "return" ? "RETURN" : undefined), offset + size, all, family),
    "\n",
  ].join("");
}

function addressText(side: string, prefix: Negatable<Prefix> | undefined, family: Family): string {
  const { address, mask } = prefix?.value ?? {
    address: new Uint8Array(family === 4 ? 4 : 16),
    mask: new Uint8Array(family === 4 ? 4 : 16),
  };
  if (family === 4) return `${side} IP: ${address.join(".")}/${mask.join(".")}\n`;
  const bits = [...mask].map((byte) => byte.toString(2).padStart(8, "0")).join("");
  const length = bits.indexOf("0") < 0 ? 128 : bits.indexOf("0");
  return `${side} IP: \n${formatAddress(address)}\n/${bits.includes("01") ? formatAddress(mask) : length}\n`;
}

/** The name, and which of its 16 bytes count: all and the zero behind, or those before a `+`. */
function deviceText(name: Negatable<string> | undefined): string {
  const text = name?.value ?? "";
  const counting = text === "" ? 0 : text.endsWith("+") ? text.length - 1 : text.length + 1;
  return `${text}'/${"X".repeat(counting).padEnd(16, ".")}`;
}

function flags({ fragment, protocol, target }: Rule, family: Family): number {
  const isGoto = target?.kind === "goto";
  if (family === 4) return (fragment ? 1 : 0) | (isGoto ? 2 : 0);
  return (protocol ? 1 : 0) | (isGoto ? 4 : 0);
}

function inversions(rule: Rule): number {
  const { inInterface, outInterface, source, destination, fragment, protocol } = rule;
  const bits: [Negatable<unknown> | undefined, number][] = [
    [inInterface, 1],
    [outInterface, 2],
    [source, 8],
    [destination, 0x10],
    [fragment, 0x20],
    [protocol, 0x40],
  ];
  return bits.reduce((sum, [test, bit]) => (test?.invert ? sum | bit : sum), 0);
}

function hex(value: number): string {
  return value.toString(16).toUpperCase().padStart(2, "0");
}

/** @param next where the entry behind begins: a rule without target goes there. */
function targetText(
  rule: Rule,
  policy: string | undefined,
  next: number,
  all: readonly Entry[],
  family: Family,
): string {
  const { target } = rule;
  const standard = (verdict: string | number) => `Target name: \`' [${STANDARD}]\nverdict=${verdict}\n`;
  const word = policy ?? target?.kind;
  if (word === undefined) return standard(next);
  if (word === "RETURN") return standard(word);
  if (word === "ACCEPT" || word === "DROP" || word === "QUEUE") return standard(`NF_${word}`);
  if (target && "chain" in target) {
    const name = all.find(({ role, chain }) => role === "name" && chain === target.chain)!;
    return standard(name.offset + name.size);
  }
  return `Target name: \`${word === "NOTRACK" ? "CT" : word}' [${targetSize(word, family)}]\n`;
}
