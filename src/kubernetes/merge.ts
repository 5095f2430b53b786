import { inSaveOrder, printChainHead, printRule } from "../config/iptables/print.ts";
import { BUILT_IN_CHAINS } from "../config/iptables/rule-checks.ts";
import type { Family } from "../model/address.ts";
import type { Chain, Ruleset, Table, TableName } from "../model/ruleset.ts";
import type { HookJump } from "./common-rules.ts";
import type { Generated } from "./generated.ts";
import { ruleText, type TextChain } from "./rule.ts";

const FIXED_CHAINS = new Set([
  "KUBE-SERVICES",
  "KUBE-EXTERNAL-SERVICES",
  "KUBE-NODEPORTS",
  "KUBE-NODE-PORT",
  "KUBE-POSTROUTING",
  "KUBE-MARK-MASQ",
  "KUBE-FORWARD",
  "KUBE-PROXY-FIREWALL",
  "KUBE-SOURCE-RANGES-FIREWALL",
  "KUBE-LOAD-BALANCER",
  "KUBE-IPVS-FILTER",
  "KUBE-IPVS-OUT-FILTER",
]);
const SERVICE_CHAIN = /^KUBE-(?:SVC|SVL|EXT|FW|SEP|XLB)-/;

/** A chain that kube-proxy owns, in either mode. KUBE-FIREWALL and the canaries are kubelet's too. */
function isOwned(chain: string): boolean {
  return FIXED_CHAINS.has(chain) || SERVICE_CHAIN.test(chain);
}

/**
 * A node's rules with kube-proxy's in them, as iptables-save prints them. Chains that it wrote before, in whatever mode, go;
 * jumps that it would write itself stay where they are, and new ones come to the head of their chain, as kube-proxy
 * inserts them.
 *
 * @param base the node's rules so far; undefined: none.
 */
export function mergeRules(base: Ruleset | undefined, generated: Generated, family: Family): string {
  const names = new Set<TableName>([...(base?.tables.map(({ name }) => name) ?? []), "nat", "filter"]);
  const lines: string[] = [];
  for (const name of names) {
    const table = base?.tables.find((candidate) => candidate.name === name) ?? emptyTable(name);
    const own = generated.tables.find((candidate) => candidate.name === name)?.chains ?? [];
    const jumps = generated.jumps.filter((hookJump) => hookJump.table === name);
    lines.push(`*${name}`);
    const chains = inSaveOrder(name, [...keptChains(table, own, jumps, family), ...own.map(ownChain)]);
    for (const { head } of chains) lines.push(head);
    for (const { text } of chains) if (text !== "") lines.push(text);
    lines.push("COMMIT");
  }
  lines.push("");
  return lines.join("\n");
}

/** A chain's line in the head of its table, and its rules. */
interface SavedChain extends TextChain {
  readonly head: string;
}

function emptyTable(name: TableName): Table {
  return { name, chains: BUILT_IN_CHAINS[name].map((chain) => ({ name: chain, policy: "ACCEPT", rules: [] })) };
}

function ownChain({ name, text }: TextChain): SavedChain {
  return { name, head: `:${name} - [0:0]`, text };
}

/** The chains that are not kube-proxy's. */
function keptChains(base: Table, own: readonly TextChain[], jumps: readonly HookJump[], family: Family): SavedChain[] {
  const written = new Set(own.map(({ name }) => name));
  const kept = base.chains.filter(({ name }) => !isOwned(name) && !written.has(name));
  return kept.map((chain) => ({
    name: chain.name,
    head: printChainHead(chain),
    text: withJumps(chain, jumps.filter(({ from }) => from === chain.name).map(jumpRule), family).join("\n"),
  }));
}

function jumpRule({ from, to, parts }: HookJump): string {
  return `-A ${from}${ruleText(to, parts)}`;
}

/** The rules of a chain that is not kube-proxy's, with the jumps into its chains. */
function withJumps({ name, rules }: Chain, wanted: readonly string[], family: Family): string[] {
  const kept = rules
    .map((rule) => ({ text: printRule(rule, name, family), target: rule.target }))
    .filter(({ text, target }) => !(target?.kind === "jump" && isOwned(target.chain)) || wanted.includes(text))
    .map(({ text }) => text);
  for (const text of wanted) if (!kept.includes(text)) kept.unshift(text);
  return kept;
}
