import fc from "fast-check";
import type { TableName } from "../../../src/model/ruleset.ts";
import { type RuleVariant, ruleLine } from "../../support/rule-lines.ts";
import type { Plan } from "../plan.ts";
import { isTakenRule } from "../taken-rule.ts";
import { CLIENTS, PORTS, SERVERS, variedTraffic } from "./varied.ts";

const RULES = 22;
const PACKETS = 160;
const PLACES: readonly (readonly [TableName, string])[] = [
  ["mangle", "PREROUTING"],
  ["mangle", "FORWARD"],
  ["mangle", "POSTROUTING"],
  ["mangle", "INPUT"],
  ["mangle", "OUTPUT"],
  ["filter", "FORWARD"],
  ["raw", "PREROUTING"],
];

/**
 * What the guest cannot answer alike twice, or not at all: chance, its own clock (ticks of connlimit, too), objects that rules need; and what ends
 * or leaves so much that little would be left to compare.
 */
const WITHOUT = [
  "connlimit time rateest cgroup osf limit hashlimit physdev",
  "ACCEPT RETURN DROP REJECT DNAT SNAT MASQUERADE REDIRECT NETMAP TPROXY TEE TRACE SYNPROXY IDLETIMER NFQUEUE NFLOG",
  "connlabel AUDIT CONNSECMARK CT NOTRACK SNPT DNPT RATEEST LOG",
].flatMap((names) => names.split(" "));

/** Random rules of every extension, and packets of which each has something that a rule may look at. */
export function rulesTraffic(plan: Plan): void {
  plan.forgetMarks();
  for (const [table, chain] of PLACES) {
    if (plan.random.chance(0.3)) continue;
    for (const rule of someRules(plan, [table, chain])) plan.rules(table, rule);
  }
  variedTraffic(plan, PACKETS);
}

/** Those that a kernel loads; whether it does is what `npm run differential` compares. */
function someRules(plan: Plan, place: readonly [TableName, string]): string[] {
  const family = plan.isIpv6 ? 6 : 4;
  const lines = ruleLine(family, { values: valuesOf(plan), without: WITHOUT, place });
  return fc
    .sample(lines, { numRuns: RULES, seed: plan.random.word() | 0 })
    .map(({ rule }) => `-A ${place[1]} ${rule}`)
    .filter((rule) => !/--mode random|--ctexpire|--reap/.test(rule))
    .filter((rule) => isTakenRule(rule, place[0], family));
}

/** Values that the packets have, mostly. */
function valuesOf(plan: Plan): NonNullable<RuleVariant["values"]> {
  const hosts = [
    ...CLIENTS.map((host) => plan.client(host)),
    ...SERVERS.map((host) => plan.server(host)),
    plan.node("eth0"),
  ];
  const address = fc.constantFrom(...hosts);
  const length = fc.constantFrom(...(plan.isIpv6 ? ["128", "127", "126", "64", "16"] : ["32", "31", "30", "24", "8"]));
  const some = (...values: readonly (string | number)[]) => fc.constantFrom(...values.map(String));
  const ports = some(...PORTS, "0:1023", "4000:4001", "50:", ":53");
  const small = some(0, 1, 2, 4, 5, 6, 7, 16, 64, 128, 255);
  return {
    addr: address,
    addrrange: address.map((from) => `${from}-${from.replace(/[0-9a-f]$/, "f").replace(/^([0-9.]+)f$/, "$10")}`),
    net: fc.oneof(
      address,
      fc.tuple(address, length).map((pair) => pair.join("/")),
    ),
    byte: small,
    word: some(0, 1, 2, 8, 20, 24, 40, 64, 2000),
    few: some(1, 2, 3, 4),
    masked: some(0, 1, 2, "1/3", "0/1", "2/2", "5/7", "0x10/0x1f"),
    number: some(0, 1, 2, 5, 16, 300),
    number16: some(0, 1, 2, 3, 60),
    portlist: fc.array(some(...PORTS), { minLength: 1, maxLength: 4 }).map((all) => [...new Set(all)].join(",")),
    ports,
    dashports: some("80", "4000-4002"),
    range16: some("0:60", "40:100", "28", "1:2", "84:"),
    range32: some("0:1", "1:3", "2", "0", "1:"),
    seconds: some(1, 60),
    text: some('"GET"', '"BC"', '"x"', '"/ H"'),
    tos: some(0, "0x10", "0x10/0x1c", "0xb8", "3/3", "1/1"),
    two: some(0, 1, 2, 3),
    u32: some(
      '"6&0xFF=1,6,17"',
      '"0>>22&0x3C@0>>16=80,53"',
      '"4&0x1FFF=0"',
      '"0>>22&0x3C@12>>26&0x3C@0=0x47455420"',
      '"40=0:0xffffff"',
    ),
    uid: some("0", "0-9", "5"),
    hbhopts: some("1:4", "5:2", "1", "194:4", "5:2,0"),
    label: some(1, 5),
    level: some(4),
    device: some("eth0", "eth1", "eth+"),
  };
}
