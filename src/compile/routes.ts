import { ConfigError } from "../config/error.ts";
import type { Core } from "../core/core.ts";
import { FibEntryLayout, FibNextHopLayout, PolicyRuleLayout } from "../core/layout.generated.ts";
import { setNumber, stride } from "../core/record.ts";
import type { Address, Family } from "../model/address.ts";
import type { NextHop, Node, PolicyRule, Route } from "../model/node.ts";
import type { DeviceNumbers } from "./devices.ts";
import { settingOf } from "./settings.ts";

/** `RouteType` of assembly/abi/route.ts by the words of `ip route`. */
const TYPES: ReadonlyMap<string, number> = new Map([
  ["unicast", 1],
  ["local", 2],
  ["broadcast", 3],
  ["anycast", 4],
  ["multicast", 5],
  ["blackhole", 6],
  ["unreachable", 7],
  ["prohibit", 8],
  ["throw", 9],
]);

const ACTIONS = { lookup: 1, goto: 2, nop: 3, blackhole: 6, unreachable: 7, prohibit: 8 } as const;

/** A rule that names a device which the node does not have never matches. */
const NO_SUCH_DEVICE = 0xffffffff;

type RoutedNode = Pick<Node, "routes" | "rules" | "sysctls" | "interfaces">;

/**
 * Loads policy rules and routes of both families into the core; what was loaded before is forgotten, so that a command may
 * change them while packets flow.
 *
 * @throws ConfigError when a route is of a type that is not emulated or leaves through a device that the node has not.
 */
export function loadRoutes(core: Core, node: RoutedNode, numbers: DeviceNumbers): void {
  core.clearRoutes();
  core.clearPolicyRules();
  for (const rule of node.rules ?? []) loadRule(core, rule, numbers);
  core.policyRulesWritten(hasOwnRules(node.rules, 4) ? 1 : 0, hasOwnRules(node.rules, 6) ? 1 : 0);
  for (const route of node.routes) loadRoute(core, node, route, numbers);
  core.setCustomLocalRoutes(node.routes.some((route) => isCustomLocal(route, node.interfaces)) ? 1 : 0);
}

/** More than the kernel's own rules make it look rule by rule instead of at local and main at once. */
function hasOwnRules(rules: readonly PolicyRule[] | undefined, family: Family): boolean {
  const count = rules?.filter((rule) => rule.family === family).length ?? 0;
  return count > (family === 4 ? 3 : 2);
}

function loadRule(core: Core, rule: PolicyRule, numbers: DeviceNumbers): void {
  const at = core.newPolicyRule();
  const view = new DataView(core.memory.buffer);
  const L = PolicyRuleLayout;
  const device = (name: string | undefined) => (name === undefined ? 0 : (numbers.find(name) ?? NO_SUCH_DEVICE));
  const numbersOf = [
    [L.priority, rule.priority],
    [L.mark, rule.mark ?? 0],
    [L.markMask, rule.mask ?? 0],
    [L.inDevice, device(rule.inInterface)],
    [L.outDevice, device(rule.outInterface)],
    [L.table, rule.table],
    [L.gotoPriority, rule.gotoPriority ?? 0],
    [L.sourcePortFrom, rule.sourcePorts?.from ?? 0],
    [L.sourcePortTo, rule.sourcePorts?.to ?? 0],
    [L.destinationPortFrom, rule.destinationPorts?.from ?? 0],
    [L.destinationPortTo, rule.destinationPorts?.to ?? 0],
    [L.family, rule.family],
    [L.action, ACTIONS[rule.action]],
    [L.invert, rule.invert ? 1 : 0],
    [L.sourceLength, rule.source?.prefixLength ?? 0],
    [L.destinationLength, rule.destination?.prefixLength ?? 0],
    [L.tos, rule.tos ?? 0],
    [L.protocol, rule.protocol ?? 0],
  ] as const;
  for (const [field, value] of numbersOf) setNumber(view, at, field, value);
  view.setInt32(at + L.suppressPrefixLength.offset, rule.suppressPrefixLength ?? -1, true);
  view.setInt32(at + L.suppressGroup.offset, rule.suppressInterfaceGroup ?? -1, true);
  setAddress(core, at + L.source0.offset, rule.source?.address);
  setAddress(core, at + L.destination0.offset, rule.destination?.address);
}

function loadRoute(core: Core, node: RoutedNode, route: Route, numbers: DeviceNumbers): void {
  const type = TYPES.get(route.type) ?? refuse(`routes of type ${route.type} are not emulated`, "ERR_UNSUPPORTED");
  const entry = core.newRoute(route.nextHops.length);
  const view = new DataView(core.memory.buffer);
  const L = FibEntryLayout;
  const numbersOf = [
    [L.table, route.table],
    [L.metric, route.metric],
    [L.mtu, route.mtu ?? 0],
    [L.family, route.family],
    [L.prefixLength, route.prefixLength],
    [L.sourceLength, route.sourcePrefixLength ?? 0],
    [L.tos, route.tos],
    [L.type, type],
    [L.scope, route.scope],
  ] as const;
  for (const [field, value] of numbersOf) setNumber(view, entry, field, value);
  setAddress(core, entry + L.destination0.offset, route.destination);
  setAddress(core, entry + L.source0.offset, route.source);
  setAddress(core, entry + L.prefSource0.offset, route.prefSource);
  for (const [i, hop] of route.nextHops.entries()) {
    const at = entry + stride(FibEntryLayout) + i * stride(FibNextHopLayout);
    loadNextHop(core, node, at, hop, numbers);
  }
  core.insertRoute(entry);
}

function loadNextHop(core: Core, node: RoutedNode, at: number, hop: NextHop, numbers: DeviceNumbers): void {
  const view = new DataView(core.memory.buffer);
  const L = FibNextHopLayout;
  const name = hop.device ?? refuse("a route with a gateway but without a device", "ERR_VALUE");
  const device = numbers.find(name) ?? refuse(`a route leaves through ${name}, which addr.json has not`, "ERR_VALUE");
  setNumber(view, at, L.device, device);
  setNumber(view, at, L.weight, hop.weight);
  setNumber(view, at, L.gatewayFamily, hop.gateway === undefined ? 0 : hop.gateway.length === 4 ? 4 : 6);
  setNumber(view, at, L.dead, isDead(hop, node.sysctls, name) ? 1 : 0);
  setAddress(core, at + L.gateway0.offset, hop.gateway);
}

/** fib_lookup_good_nhc, find_match: dead next hops are passed over, those without link only where a setting says so. */
function isDead(hop: NextHop, sysctls: Node["sysctls"], device: string): boolean {
  if (hop.flags?.includes("dead")) return true;
  if (!hop.flags?.includes("linkdown")) return false;
  const name = "ignore_routes_with_linkdown";
  const family = hop.gateway?.length === 16 ? "ipv6" : "ipv4";
  return ["all", device].some((conf) => (settingOf(sysctls, `${family}.conf.${conf}.${name}`) ?? 0) !== 0);
}

/** A local route that somebody added: none of those that the kernel makes for an IPv4 address (fib_add_ifaddr). */
function isCustomLocal(route: Route, interfaces: Node["interfaces"]): boolean {
  if (route.family !== 4 || route.type !== "local") return false;
  return !interfaces.some(({ addresses, flags }) =>
    addresses.some(({ address, prefixLength }) => {
      const isOwn = route.prefixLength === 32 && sameBits(address, route.destination, 32);
      const isLoopbackNet = flags.includes("LOOPBACK") && route.prefixLength === prefixLength;
      return isOwn || (isLoopbackNet && sameBits(address, route.destination, prefixLength));
    }),
  );
}

function sameBits(a: Address, b: Address, bits: number): boolean {
  if (a.length !== b.length) return false;
  return a.every((byte, i) => {
    const mask = (0xff00 >> Math.min(Math.max(bits - i * 8, 0), 8)) & 0xff;
    return ((byte ^ b[i]!) & mask) === 0;
  });
}

/** Writes an address into a 16-byte field, IPv4 into its first four bytes. */
function setAddress(core: Core, at: number, address: Address | undefined): void {
  if (address) new Uint8Array(core.memory.buffer).set(address, at);
}

function refuse(detail: string, code: "ERR_UNSUPPORTED" | "ERR_VALUE"): never {
  throw new ConfigError(code, { file: "route.json", line: 1, column: 1 }, detail);
}
