import type { Family } from "../model/address.ts";
import type { IpSet } from "../model/ipset.ts";
import type { Account } from "../model/nfacct.ts";
import type { Warning } from "../model/node.ts";
import { samplesOf } from "../model/rule-lines.ts";
import type { Chain, Rule, Ruleset } from "../model/ruleset.ts";
import { ConfigError } from "./error.ts";
import { refusalOfSet, setsOf } from "./iptables/match-set.ts";
import { checkTable } from "./iptables/table-checks.ts";

export interface RulesetChecks {
  readonly sets: readonly IpSet[] | undefined;
  /** undefined: not saved. */
  readonly accounts: readonly Account[] | undefined;
  /** Was said whose the node's own packets are? */
  readonly knowsOwner: boolean;
  readonly strict: boolean;
  readonly onUnsupported: (error: ConfigError) => void;
  readonly onWarning: (warning: Warning) => void;
}

/** A ruleset without the rules that cannot be emulated; each of them was reported. */
export function checkRuleset(ruleset: Ruleset, checks: RulesetChecks): Ruleset {
  checkTables(ruleset);
  const sets = new Map(checks.sets?.map((set) => [set.name, set]));
  const accounts = checks.accounts && new Set(checks.accounts.map(({ name }) => name));
  const checkObjects = (rule: Rule): void => {
    checkSets(rule, sets, ruleset.family);
    if (accounts) checkAccounts(rule, accounts);
  };
  if (ruleset.tables.every((table) => areUnremarkable(samplesOf(table), checks, checkObjects))) return ruleset;
  warnOfAssumptions(ruleset, checks);
  const keep = (rule: Rule): boolean => {
    checkObjects(rule);
    return checkTarget(rule, checks) && checkVerbatim(rule, checks);
  };
  return {
    ...ruleset,
    tables: ruleset.tables.map((table) => ({ ...table, chains: table.chains.map((chain) => filtered(chain, keep)) })),
  };
}

/** @throws ConfigError for what iptables-restore takes line by line, and the kernel refuses at the COMMIT. */
export function checkTables({ family, tables }: Ruleset): void {
  for (const [i, table] of tables.entries()) {
    const complaint = checkTable(table, family, tables.slice(0, i));
    if (!complaint) continue;
    throw new ConfigError("ERR_VALUE", { ...complaint.rule.at, column: 1 }, `table ${table.name}: ${complaint.text}`);
  }
}

/** Is nothing to be said of any of these rules? Then nothing is to be said of those that they stand for. */
function areUnremarkable(rules: Iterable<Rule>, checks: RulesetChecks, checkObjects: (rule: Rule) => void): boolean {
  try {
    for (const rule of rules) {
      checkObjects(rule);
      if (rule.target?.kind === "IPVS" || isVerbatim(rule)) return false;
      if (ASSUMPTIONS.some(({ of }) => of(rule, checks))) return false;
    }
    return true;
  } catch (error) {
    if (error instanceof ConfigError) return false;
    throw error;
  }
}

function isVerbatim({ matches, target }: Rule): boolean {
  return target?.kind === "verbatim" || matches.some(({ kind }) => kind === "verbatim");
}

/** What a capture does not tell, and is assumed where a rule asks for it; said once a ruleset. */
const ASSUMPTIONS: readonly {
  readonly code: string;
  readonly message: string;
  readonly of: (rule: Rule, checks: RulesetChecks) => boolean;
}[] = [
  {
    code: "LOCAL_OWNER",
    message:
      "local packets count as sent by root (uid 0, gid 0): a capture does not say whose they were (--local-uid, --local-gid)",
    of: ({ matches, target }, { knowsOwner }) =>
      !knowsOwner && (matches.some(({ kind }) => kind === "owner") || (target?.kind === "LOG" && target.uid === true)),
  },
  {
    code: "NO_SOCKETS",
    message: "no process listens on the node: -m socket and, in INPUT, -m cgroup find no socket, and TPROXY drops",
    of: ({ matches, target }) =>
      target?.kind === "TPROXY" || matches.some(({ kind }) => kind === "socket" || kind === "cgroup"),
  },
  {
    code: "KERNEL_TIMEZONE",
    message: "the kernel's time zone (-m time --kerneltz) counts as UTC",
    of: ({ matches }) => matches.some((match) => match.kind === "time" && match.kernelTimezone),
  },
  {
    code: "ONE_CPU",
    message: "all packets count as handled by processor 0 (-m cpu)",
    of: ({ matches }) => matches.some(({ kind }) => kind === "cpu"),
  },
  {
    code: "NO_IPSEC",
    message: "no packet counts as decrypted or to be encrypted (-m policy): IPsec is not emulated",
    of: ({ matches }) => matches.some(({ kind }) => kind === "policy"),
  },
  {
    code: "NO_FINGERPRINTS",
    message: "no fingerprints of operating systems are loaded: -m osf never matches, and logs nothing",
    of: ({ matches }) => matches.some(({ kind }) => kind === "osf"),
  },
  {
    code: "NO_NFACCT",
    message: "no nfacct.txt (`nfacct list`): the objects of -m nfacct count from zero and have no quota",
    of: ({ matches }, { accounts }) => !accounts && matches.some(({ kind }) => kind === "nfacct"),
  },
  {
    code: "NO_SELINUX",
    message: "SELinux is not emulated: SECMARK and CONNSECMARK label nothing, and no policy drops a packet",
    of: ({ target }) => target?.kind === "SECMARK" || target?.kind === "CONNSECMARK",
  },
  {
    code: "CLUSTERIP_NODES",
    message:
      "CLUSTERIP answers for the node that its rule names; what /proc/net/ipt_CLUSTERIP was told later is not known",
    of: ({ target }) => target?.kind === "CLUSTERIP",
  },
];

function warnOfAssumptions({ tables }: Ruleset, checks: RulesetChecks): void {
  const rules = tables.flatMap(({ chains }) => chains.flatMap((chain) => chain.rules));
  for (const { code, message, of } of ASSUMPTIONS) {
    const first = rules.find((rule) => of(rule, checks));
    if (first) checks.onWarning({ code, message, at: first.at });
  }
}

function filtered(chain: Chain, keep: (rule: Rule) => boolean): Chain {
  const rules = chain.rules.filter(keep);
  return rules.length === chain.rules.length ? chain : { ...chain, rules };
}

/** The real tool refuses a rule whose set does not exist or is of the other family, so a saved node always has it. */
function checkSets(rule: Rule, sets: ReadonlyMap<string, IpSet>, family: Family): void {
  for (const name of setsOf(rule)) {
    const set = sets.get(name);
    const refusal = refusalOfSet(name, set, family);
    if (refusal === undefined) continue;
    throw new ConfigError("ERR_UNKNOWN_NAME", rule.at, set ? refusal : `${refusal} (ipset.save has to create it)`);
  }
}

/** The kernel refuses a rule whose object does not exist. */
function checkAccounts({ matches, at }: Rule, names: ReadonlySet<string>): void {
  for (const match of matches) {
    if (match.kind !== "nfacct" || names.has(match.name)) continue;
    throw new ConfigError("ERR_UNKNOWN_NAME", at, `nfacct object ${match.name} does not exist (nfacct.txt lacks it)`);
  }
}

function checkTarget(rule: Rule, { strict, onWarning }: RulesetChecks): boolean {
  if (rule.target?.kind !== "IPVS") return true;
  if (strict) {
    throw new ConfigError("ERR_UNSUPPORTED", rule.at, "Couldn't load target `IPVS':No such file or directory");
  }
  onWarning({
    code: "IPVS_TARGET",
    message:
      "`-j IPVS' is hookwalk's own extension, Linux has no such target: there IPVS takes packets at INPUT and OUTPUT by " +
      "their destination address alone, without any rule",
    at: rule.at,
  });
  return true;
}

/** Why some targets cannot be emulated from a saved node and a capture. */
const WHY_NOT: Readonly<Record<string, string>> = {
  SYNPROXY:
    "it answers with SYN cookies, and the secret that they are made and checked with is in no saved state, so no answer " +
    "in a capture could be judged",
};

function checkVerbatim(rule: Rule, { onUnsupported }: RulesetChecks): boolean {
  const match = rule.matches.find(({ kind }) => kind === "verbatim");
  const target = rule.target?.kind === "verbatim" ? rule.target : undefined;
  if (!match && !target) return true;
  const what = target ? `target \`${target.name}'` : `match \`${match?.kind === "verbatim" ? match.name : ""}'`;
  const why = target ? WHY_NOT[target.name] : undefined;
  onUnsupported(new ConfigError("ERR_UNSUPPORTED", rule.at, `the ${what} is not emulated${why ? `: ${why}` : ""}`));
  return false;
}
