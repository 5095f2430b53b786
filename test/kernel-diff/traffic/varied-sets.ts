import { dimensionsOf, hasFamily, SET_TYPES } from "../../../src/config/ipset/types.ts";
import type { Family } from "../../../src/model/address.ts";
import type { SetTypeName } from "../../../src/model/ipset.ts";
import { macText, type Plan } from "../plan.ts";
import { CLIENTS, PORTS, SERVERS } from "./varied.ts";

/** A set as `ipset restore` makes it. */
export interface NamedSet {
  readonly name: string;
  readonly type: SetTypeName;
  /** Rules of the other family may not name it. */
  readonly family?: Family;
  /** How many directions a rule gives to it. */
  readonly dimensions: number;
  readonly lines: readonly string[];
}

const SETS = 24;
const MEMBERS = 9;
const LISTS = 3;
/** Far from their ends, however slow the guest is. */
const TIMEOUTS = [600, 900, 3600, 0];
const EXTENSIONS = ["timeout", "counters", "comment", "skbinfo"] as const;
type Extension = (typeof EXTENSIONS)[number];

/** Sets of all types, some twice; then lists of them. */
export function someSets(plan: Plan): NamedSet[] {
  const { random } = plan;
  const plain = SET_TYPES.filter((type) => type !== "list:set");
  const types = Array.from({ length: SETS }, (_, i) => (i < plain.length ? plain[i]! : random.pick(plain)));
  const sets = types.map((type, i) => someSet(plan, `s${i}`, type));
  const lists = Array.from({ length: LISTS }, (_, i) => someList(plan, `l${i}`, sets));
  return [...sets, ...lists];
}

function someSet(plan: Plan, name: string, type: SetTypeName): NamedSet {
  const { random } = plan;
  const isIpv6 = plan.isIpv6 !== (hasFamily(type) && random.chance(0.06));
  const family = type.startsWith("bitmap:ip") ? 4 : isIpv6 ? 6 : 4;
  const named = { name, type, dimensions: dimensionsOf(type).length };
  const extensions = EXTENSIONS.filter(() => random.chance(0.4));
  const options = [...typeOptions(plan, type, isIpv6), ...extensions.map((each) => createOption(plan, each))];
  const [first, range] = type.startsWith("bitmap:") ? someRange(plan, type) : [1, ""];
  const members = new Set<string>();
  const count = random.below(MEMBERS + 1);
  for (let i = 0; i < count; i++) {
    const element = someElement(plan, type, isIpv6, first);
    members.add(`add ${name} ${element} ${memberOptions(plan, type, element, extensions)}-exist`);
  }
  const create = ["create", name, type, range, ...options].filter((word) => word !== "").join(" ");
  const lines = [create, ...members];
  return hasFamily(type) || type.startsWith("bitmap:ip") ? { ...named, family, lines } : { ...named, lines };
}

function someList(plan: Plan, name: string, sets: readonly NamedSet[]): NamedSet {
  const { random } = plan;
  const extensions = EXTENSIONS.filter(() => random.chance(0.3));
  const members = new Set(Array.from({ length: random.between(1, 5) }, () => random.pick(sets).name));
  const create = ["create", name, "list:set", "size 8", ...extensions.map((each) => createOption(plan, each))];
  const adds = [...members].map((member) =>
    `add ${name} ${member} ${memberOptions(plan, "list:set", member, extensions)}`.trimEnd(),
  );
  return { name, type: "list:set", dimensions: random.between(1, 3), lines: [create.join(" "), ...adds] };
}

function createOption({ random }: Plan, extension: Extension): string {
  return extension === "timeout" ? `timeout ${random.pick(TIMEOUTS)}` : extension;
}

function typeOptions({ random }: Plan, type: SetTypeName, isIpv6: boolean): string[] {
  const options: string[] = [];
  if (hasFamily(type)) options.push(`family ${isIpv6 ? "inet6" : "inet"}`);
  if (type === "hash:ip" && random.chance(0.5))
    options.push(`netmask ${random.pick(isIpv6 ? [64, 124, 127] : [24, 30, 31])}`);
  if (type === "hash:ip,mark" && random.chance(0.5)) options.push(`markmask ${random.pick(["0x1", "0x3"])}`);
  if (!type.startsWith("hash:")) return options;
  // Room for what the file has, and for little more: a range stands for several members.
  const size = random.pick([
    "",
    "",
    "",
    "hashsize 64 maxelem 80",
    "hashsize 64 maxelem 100",
    "hashsize 128 maxelem 65536 forceadd",
  ]);
  return size === "" ? options : [...options, size];
}

/** @returns the network that addresses are of, and the words of `create`. */
function someRange({ random }: Plan, type: SetTypeName): readonly [network: number, words: string] {
  if (type === "bitmap:port") return [1, `range ${random.pick(["0-65535", "22-5001"])}`];
  const network = random.pick([1, 2]);
  const netmask = type === "bitmap:ip" && random.chance(0.4) ? ` netmask ${random.pick([28, 30, 31])}` : "";
  return [network, `range 10.${network}.0.0/${random.pick([24, 20])}${netmask}`];
}

function someElement(plan: Plan, type: SetTypeName, isIpv6: boolean, network: number): string {
  const { random } = plan;
  if (type === "bitmap:port") return String(random.pick(PORTS));
  if (type.startsWith("bitmap:ip")) {
    const host = random.pick(network === 1 ? CLIENTS : SERVERS);
    const address = `10.${network}.0.${host}`;
    if (type === "bitmap:ip") return random.chance(0.1) ? `${address}-10.${network}.0.${host + 2}` : address;
    return random.chance(0.5) ? address : `${address},${macText(address)}`;
  }
  const parts = dimensionsOf(type).map((dimension, i) => {
    switch (dimension) {
      case "ip":
        return someAddress(plan, isIpv6);
      case "net":
        return someNetwork(plan, isIpv6, type === "hash:net,iface" && i === 0);
      case "port":
        return somePort(plan, isIpv6);
      case "mac":
        return macText(someAddress(plan, isIpv6));
      case "mark":
        return String(random.below(4));
      default:
        return `${random.chance(0.1) ? "physdev:" : ""}${random.pick(["eth0", "eth1", "eth", "eth2"])}`;
    }
  });
  return parts.join(",");
}

function someAddress({ random }: Plan, isIpv6: boolean): string {
  const network = random.pick([1, 2]);
  const host = random.pick([1, ...(network === 1 ? CLIENTS : SERVERS)]);
  return isIpv6 ? `fd00:${network}::${host.toString(16)}` : `10.${network}.0.${host}`;
}

function someNetwork(plan: Plan, isIpv6: boolean, mayBeAll: boolean): string {
  const { random } = plan;
  const lengths = isIpv6 ? [16, 31, 64, 124, 126, 127, 128, 128] : [8, 15, 24, 28, 30, 31, 32, 32];
  const length = mayBeAll && random.chance(0.1) ? 0 : random.pick(lengths);
  return `${someAddress(plan, isIpv6)}/${length}`;
}

function somePort({ random }: Plan, isIpv6: boolean): string {
  const port = random.pick(PORTS);
  return random.pick([
    `tcp:${port}`,
    `tcp:${port}`,
    `udp:${port}`,
    `udp:${port}`,
    `sctp:${port}`,
    `udplite:${port}`,
    isIpv6 ? "icmpv6:128/0" : "icmp:8/0",
    isIpv6 ? "icmpv6:echo-reply" : "icmp:3/1",
    "47:0",
    "esp:0",
    "tcp:4000-4002",
    String(port),
  ]);
}

function memberOptions({ random }: Plan, type: SetTypeName, element: string, extensions: readonly Extension[]): string {
  const words: string[] = [];
  for (const extension of extensions) if (random.chance(0.6)) words.push(memberOption(random, extension));
  if (type.includes("net") && random.chance(0.25)) words.push("nomatch");
  if (type === "hash:net,iface" && (element.endsWith("eth") || random.chance(0.1))) words.push("wildcard");
  return words.map((word) => `${word} `).join("");
}

function memberOption(random: Plan["random"], extension: Extension): string {
  switch (extension) {
    case "timeout":
      return `timeout ${random.pick(TIMEOUTS)}`;
    case "counters":
      return `packets ${random.below(4)} bytes ${random.pick([0, 60, 300])}`;
    case "comment":
      return `comment "${random.pick(["one", "some words"])}"`;
    case "skbinfo":
      return random.pick([
        "skbmark 0x1/0x3",
        "skbmark 0x2",
        "skbprio 1:10",
        "skbqueue 3",
        "skbmark 0x3/0xff skbprio 0:7 skbqueue 1",
      ]);
  }
}
