import { printRule } from "../config/iptables/print.ts";
import { BUILT_IN_CHAINS } from "../config/iptables/rule-checks.ts";
import type { Family } from "../model/address.ts";
import type { Chain, Rule, Ruleset, Table, TableName } from "../model/ruleset.ts";
import type { HookJump } from "./common-rules.ts";
import type { Generated } from "./generated.ts";
import { jump, rule } from "./rule.ts";

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
 * A node's rules with kube-proxy's in them. Chains that it wrote before, in whatever mode, go; jumps that it would write
 * itself stay where they are, and new ones come to the head of their chain, as kube-proxy inserts them.
 *
 * @param base the node's rules so far; undefined: none.
 */
export function mergeRuleset(base: Ruleset | undefined, generated: Generated, family: Family): Ruleset {
  const names = new Set<TableName>([...(base?.tables.map(({ name }) => name) ?? []), "nat", "filter"]);
  return {
    family,
    tables: [...names].map((name) => {
      const table = base?.tables.find((candidate) => candidate.name === name) ?? emptyTable(name);
      const own = generated.tables.find((candidate) => candidate.name === name);
      const jumps = generated.jumps.filter((hookJump) => hookJump.table === name);
      return own ? mergeTable(table, own, jumps, family) : table;
    }),
  };
}

function emptyTable(name: TableName): Table {
  return { name, chains: BUILT_IN_CHAINS[name].map((chain) => ({ name: chain, policy: "ACCEPT", rules: [] })) };
}

function mergeTable(base: Table, own: Table, jumps: readonly HookJump[], family: Family): Table {
  const written = new Set(own.chains.map(({ name }) => name));
  const kept = base.chains.filter(({ name }) => !isOwned(name) && !written.has(name));
  const wanted = jumps.map((hookJump) => ({ hookJump, rule: rule(jump(hookJump.to), ...hookJump.parts) }));
  const merged = kept.map((chain): Chain => {
    const here = wanted.filter(({ hookJump }) => hookJump.from === chain.name).map((entry) => entry.rule);
    return { ...chain, rules: withJumps(chain, here, family) };
  });
  return { name: base.name, chains: [...merged, ...own.chains] };
}

/** The rules of a chain that is not kube-proxy's, with the jumps into its chains. */
function withJumps({ name, rules }: Chain, wanted: readonly Rule[], family: Family): Rule[] {
  const text = (of: Rule) => printRule(of, name, family);
  const wantedTexts = new Set(wanted.map(text));
  const kept = rules.filter((of) => {
    const leadsIn = of.target?.kind === "jump" && isOwned(of.target.chain);
    return !leadsIn || wantedTexts.has(text(of));
  });
  const present = new Set(kept.map(text));
  for (const of of wanted) if (!present.has(text(of))) kept.unshift(of);
  return kept;
}
