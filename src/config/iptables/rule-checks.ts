import type { Family } from "../../model/address.ts";
import type { Rule, TableName } from "../../model/ruleset.ts";
import type { WordReader } from "../words.ts";
import type { HookLimits, MatchExtension, TargetExtension } from "./extension.ts";

/** Built-in chains of the tables, in the order of the hooks. */
export const BUILT_IN_CHAINS: Readonly<Record<TableName, readonly string[]>> = {
  raw: ["PREROUTING", "OUTPUT"],
  mangle: ["PREROUTING", "INPUT", "FORWARD", "OUTPUT", "POSTROUTING"],
  nat: ["PREROUTING", "INPUT", "OUTPUT", "POSTROUTING"],
  filter: ["INPUT", "FORWARD", "OUTPUT"],
  security: ["INPUT", "FORWARD", "OUTPUT"],
};

export const NO_DROP_IN_NAT = 'The "nat" table is not intended for filtering, the use of DROP is therefore inhibited.';

export interface RulePlace {
  readonly family: Family;
  readonly table: TableName;
  readonly chain: string;
}

interface Extensions {
  readonly matches: readonly MatchExtension[];
  readonly target?: TargetExtension;
}

/** What the tool and the kernel refuse although every word is right: table, hook and protocol. */
export function checkRule(reader: WordReader, place: RulePlace, rule: Rule, extensions: Extensions): void {
  checkInterfaces(reader, place, rule);
  if (rule.target?.kind === "DROP" && place.table === "nat") {
    reader.fail(undefined, NO_DROP_IN_NAT);
  }
  for (const [i, extension] of extensions.matches.entries()) {
    checkProtocol(reader, place, rule, extension);
    const match = rule.matches[i]!;
    checkHooks(reader, place, extension.name, limitsOf(extension.hooks, match));
  }
  if (!extensions.target || !rule.target) return;
  checkProtocol(reader, place, rule, extensions.target);
  checkHooks(reader, place, extensions.target.name, limitsOf(extensions.target.hooks, rule.target));
  if (rule.target.kind === "TCPMSS") checkSyn(reader, rule);
  if (rule.target.kind === "CLUSTERIP") checkClusterAddress(reader, rule);
}

export function limitsOf<T>(hooks: HookLimits | ((value: T) => HookLimits | undefined) | undefined, value: T) {
  return typeof hooks === "function" ? hooks(value) : hooks;
}

function checkInterfaces(reader: WordReader, { chain }: RulePlace, rule: Rule): void {
  if (rule.inInterface && (chain === "OUTPUT" || chain === "POSTROUTING")) {
    reader.fail(undefined, `Can't use -i with ${chain}`);
  }
  if (rule.outInterface && (chain === "INPUT" || chain === "PREROUTING")) {
    reader.fail(undefined, `Can't use -o with ${chain}`);
  }
}

function checkProtocol(
  reader: WordReader,
  { family }: RulePlace,
  rule: Rule,
  {
    name,
    protocols,
    protocolsOnlyIpv4,
  }: (MatchExtension & { protocolsOnlyIpv4?: boolean }) | (TargetExtension & { protocolsOnlyIpv4?: boolean }),
): void {
  if (!protocols || (family === 6 && protocolsOnlyIpv4)) return;
  if (rule.protocol && !rule.protocol.invert && protocols.includes(rule.protocol.value)) return;
  reader.fail(undefined, `Invalid argument: ${name} is only valid with -p of protocol ${protocols.join(" or ")}`);
}

/** In a user chain only the table is checked: which hooks reach it is known only when all rules are. */
function checkHooks(reader: WordReader, { table, chain }: RulePlace, name: string, limits?: HookLimits): void {
  if (!limits) return;
  const hooks = limits[table];
  if (!hooks) {
    const tables = Object.keys(limits).join(", ");
    reader.fail(undefined, `Invalid argument: ${name} is not valid in table ${table} (valid in ${tables})`);
  }
  if (BUILT_IN_CHAINS[table].includes(chain) && !hooks.includes(chain)) {
    reader.fail(undefined, `Invalid argument: ${name} is not valid in ${chain} (valid in ${hooks.join(", ")})`);
  }
}

/** xt_TCPMSS wants a test that the packet has SYN set, else it could grow a packet in mid-stream. */
function checkSyn(reader: WordReader, rule: Rule): void {
  const isSyn = rule.matches.some(
    (match) => match.kind === "tcp" && match.flags && !match.flags.invert && (match.flags.value.compare & 2) !== 0,
  );
  if (!isSyn) reader.fail(undefined, "Invalid argument: TCPMSS target: only works on TCP SYN packets");
}

/** ipt_CLUSTERIP serves one address on one device. */
function checkClusterAddress(reader: WordReader, { destination, inInterface }: Rule): void {
  const isOneAddress = destination?.value.mask.every((byte) => byte === 255);
  if (!isOneAddress || !inInterface) {
    reader.fail(undefined, "Invalid argument: CLUSTERIP needs a destination address (-d A/32) and an interface (-i)");
  }
}
