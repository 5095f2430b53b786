import type { Plan } from "../plan.ts";
import { isTakenRule } from "../taken-rule.ts";
import { PORTS, variedTraffic } from "./varied.ts";
import { type NamedSet, someSets } from "./varied-sets.ts";

const RULES = 14;
const PACKETS = 160;
const PLACES = [
  ["raw", "PREROUTING"],
  ["mangle", "PREROUTING"],
  ["mangle", "INPUT"],
  ["mangle", "FORWARD"],
  ["mangle", "OUTPUT"],
  ["mangle", "POSTROUTING"],
  ["filter", "FORWARD"],
] as const;

/** Sets of every type, and rules that ask them, fill and empty them, and take marks out of them. */
export function setsTraffic(plan: Plan): void {
  plan.forgetMarks();
  const all = someSets(plan);
  plan.file("ipset.save", `${all.flatMap(({ lines }) => lines).join("\n")}\n`);
  const sets = all.filter(({ family }) => family === undefined || family === (plan.isIpv6 ? 6 : 4));
  for (const [table, chain] of PLACES) {
    for (let i = 0; i < RULES; i++) {
      const rule = `-A ${chain} ${someCondition(plan, sets)} ${someTarget(plan, sets, table === "mangle")}`.trimEnd();
      if (isTakenRule(rule, table, plan.isIpv6 ? 6 : 4)) plan.rules(table, rule);
    }
  }
  variedTraffic(plan, PACKETS);
}

/** Often a set, often more, at times something else before it or behind it. */
function someCondition({ random }: Plan, sets: readonly NamedSet[]): string {
  const conditions: string[] = [];
  if (random.chance(0.2)) conditions.push(`-p tcp -m tcp --dport ${random.pick(PORTS)}`);
  else if (random.chance(0.1)) conditions.push(`-m mark --mark ${random.below(4)}/3`);
  if (random.chance(0.85)) conditions.push(setMatch(random, random.pick(sets)));
  if (random.chance(0.15)) conditions.push(setMatch(random, random.pick(sets)));
  if (random.chance(0.1)) conditions.push("-m statistic --mode nth --every 2 --packet 0");
  return conditions.join(" ");
}

function setMatch(random: Plan["random"], set: NamedSet): string {
  const words = ["-m set"];
  if (random.chance(0.2)) words.push("!");
  words.push("--match-set", set.name, directions(random, set));
  if (random.chance(0.15)) words.push("--return-nomatch");
  if (random.chance(0.15)) words.push("! --update-counters");
  if (random.chance(0.1)) words.push("! --update-subcounters");
  if (random.chance(0.2)) words.push(comparison(random, "packets", [0, 1, 2, 3, 5]));
  if (random.chance(0.2)) words.push(comparison(random, "bytes", [0, 40, 100, 200, 500]));
  return words.join(" ");
}

function comparison(random: Plan["random"], what: string, values: readonly number[]): string {
  return `${random.pick([`--${what}-eq`, `! --${what}-eq`, `--${what}-lt`, `--${what}-gt`])} ${random.pick(values)}`;
}

/** One for each dimension, mostly; with fewer a set never matches, and more are left aside. */
function directions(random: Plan["random"], { dimensions }: NamedSet): string {
  const count = random.chance(0.9) ? dimensions : random.between(1, 4);
  return Array.from({ length: count }, () => random.pick(["src", "dst"])).join(",");
}

function someTarget({ random }: Plan, sets: readonly NamedSet[], isMangle: boolean): string {
  const set = random.pick(sets);
  const named = `${set.name} ${directions(random, set)}`;
  switch (random.below(isMangle ? 7 : 4)) {
    case 0:
    case 1:
      return `-j SET --add-set ${named}${random.chance(0.4) ? " --exist" : ""}${random.chance(0.3) ? ` --timeout ${random.pick([600, 900])}` : ""}`;
    case 2:
      return `-j SET --del-set ${named}`;
    case 3:
      return "";
    case 4:
      return `-j SET --map-set ${named}${random.chance(0.7) ? " --map-mark" : ""}${random.chance(0.3) ? " --map-prio" : ""}${random.chance(0.2) ? " --map-queue" : ""}`;
    case 5:
      return `-j MARK --set-xmark ${random.below(4)}/${random.pick([1, 3, 7])}`;
    default:
      return `-j TOS --set-tos ${random.pick([0x10, 0x20, 0x40])}/${random.pick([0x10, 0x70])}`;
  }
}
