import type { Family } from "../../model/address.ts";
import type { PolicyRule } from "../../model/node.ts";
import { PROTOCOLS } from "../iptables/names.ts";
import { type JsonObject, parseJsonArrays } from "./json.ts";
import { tableNumber } from "./names.ts";

const ACTIONS = ["unreachable", "prohibit", "blackhole", "nop"] as const;

/**
 * Parses `ip -j rule`, IPv4 and IPv6 behind each other.
 *
 * @returns undefined when both families have only the kernel's own rules: then the kernel looks local and main up as one.
 */
export function parsePolicyRules(text: string, file: string): PolicyRule[] | undefined {
  const rules = parseJsonArrays(text, file).flatMap((array, i) =>
    array.map((entry) => ruleOf(entry, i === 1 ? 6 : undefined)),
  );
  for (const family of [4, 6] as const) {
    if (!rules.some((rule) => rule.family === family)) rules.push(...defaultRules(family));
  }
  return withoutDefaults(rules);
}

/** Only the kernel's own rules are as good as none. */
export function withoutDefaults(rules: PolicyRule[]): PolicyRule[] | undefined {
  const isWhole = rules.length === defaultRules(4).length + defaultRules(6).length;
  return isWhole && rules.every(isDefault) ? undefined : rules;
}

export function defaultRules(family: Family): PolicyRule[] {
  const rule = (priority: number, table: number): PolicyRule => ({
    family,
    priority,
    invert: false,
    action: "lookup",
    table,
  });
  const both = [rule(0, 255), rule(32766, 254)];
  return family === 4 ? [...both, rule(32767, 253)] : both;
}

function isDefault(rule: PolicyRule): boolean {
  return defaultRules(rule.family).some(
    (own) => own.priority === rule.priority && own.table === rule.table && isPlain(rule),
  );
}

function isPlain(rule: PolicyRule): boolean {
  const { family, priority, invert, action, table, ...selectors } = rule;
  return !invert && action === "lookup" && Object.values(selectors).every((value) => value === undefined);
}

export function ruleOf(entry: JsonObject, familyOfArray: Family | undefined): PolicyRule {
  const source = selector(entry, "src", "srclen");
  const destination = selector(entry, "dst", "dstlen");
  const known = source ?? destination;
  const tableText = entry.string("table");
  const goto = entry.number("goto");
  const mark = entry.number("fwmark");
  refuseUnknown(entry);
  return {
    family: known ? (known.address.length === 4 ? 4 : 6) : (familyOfArray ?? 4),
    priority: entry.required("priority", entry.number("priority")),
    invert: entry.has("not"),
    source,
    destination,
    mark,
    mask: mark === undefined ? undefined : (entry.number("fwmask") ?? 0xffffffff),
    inInterface: entry.string("iif"),
    outInterface: entry.string("oif"),
    tos: entry.number("tos"),
    protocol: protocolOf(entry),
    sourcePorts: portsOf(entry, "sport"),
    destinationPorts: portsOf(entry, "dport"),
    action: goto === undefined ? actionOf(entry) : "goto",
    table: tableText === undefined ? 0 : (tableNumber(tableText) ?? unknownTable(entry, tableText)),
    gotoPriority: goto,
    suppressPrefixLength: entry.number("suppress_prefixlen"),
    suppressInterfaceGroup: groupOf(entry.string("suppress_ifgroup")),
  };
}

function unknownTable(entry: JsonObject, text: string): never {
  return entry.fail(`unknown routing table \`${text}': give its number`);
}

/** Selectors that are not emulated would let a rule match too much. */
function refuseUnknown(entry: JsonObject): void {
  for (const name of ["l3mdev", "tun_id", "uid_start", "realms"]) {
    if (entry.has(name)) entry.fail(`the selector \`${name}' of an ip rule is not emulated`);
  }
}

function selector(entry: JsonObject, name: string, length: string): PolicyRule["source"] {
  const found = entry.prefix(name);
  return found && { address: found.address, prefixLength: entry.number(length) ?? found.prefixLength };
}

function protocolOf(entry: JsonObject): number | undefined {
  const text = entry.string("ipproto");
  if (text === undefined) return undefined;
  const number = /^[0-9]+$/.test(text) ? Number(text) : PROTOCOLS.get(text.replace(/^ipproto-/, ""));
  return number ?? entry.fail(`unknown protocol \`${text}'`);
}

function portsOf(entry: JsonObject, name: "sport" | "dport"): PolicyRule["sourcePorts"] {
  const one = entry.number(name);
  if (one !== undefined) return { from: one, to: one };
  const from = entry.number(`${name}_start`);
  const to = entry.number(`${name}_end`);
  return from === undefined || to === undefined ? undefined : { from, to };
}

function actionOf(entry: JsonObject): PolicyRule["action"] {
  const text = entry.string("action");
  if (text === undefined || text === "to_tbl" || text === "lookup") return "lookup";
  const action = ACTIONS.find((name) => name === text);
  return action ?? entry.fail(`unknown action \`${text}' of an ip rule`);
}

function groupOf(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  return text === "default" ? 0 : Number(text);
}
