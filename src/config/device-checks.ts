import type { Interface, Route, Warning } from "../model/node.ts";
import { bondDoubt, needsOrder } from "./bond-checks.ts";
import { ConfigError } from "./error.ts";

export interface DeviceChecks {
  readonly onUnsupported: (error: ConfigError) => void;
  readonly onWarning: (warning: Warning) => void;
}

/** Kinds of devices that do more to packets than carry them, and what it is. */
const REFUSED: ReadonlyMap<string, string> = new Map([
  ["vrf", "packets of its ports are routed by a table of its own"],
  ["ipvlan", "it shares the link address of another device"],
  ["ipvtap", "it shares the link address of another device"],
  ["team", "a program decides which port a frame leaves through"],
  ["openvswitch", "packets follow the switch's own flow tables"],
  ["hsr", "frames are sent twice"],
  ["macsec", "frames are encrypted"],
  ["batadv", "frames are sent through a mesh"],
]);

/** Kinds of devices whose packets leave the node inside of others. */
const TUNNELS: ReadonlySet<string> = new Set([
  "vxlan",
  "geneve",
  "gre",
  "gretap",
  "ip6gre",
  "ip6gretap",
  "erspan",
  "ipip",
  "sit",
  "ip6tnl",
  "vti",
  "vti6",
  "xfrm",
  "wireguard",
  "gtp",
  "bareudp",
]);

const ADDR = { file: "addr.json", line: 1, column: 1 };
const ROUTE = { file: "route.json", line: 1, column: 1 };

/** Reports devices that are up and not emulated, and warns of those of which only a part is. */
export function checkDevices(
  interfaces: readonly Interface[],
  bondPorts: readonly string[] | undefined,
  { onUnsupported, onWarning }: DeviceChecks,
): void {
  const refuse = (detail: string) => onUnsupported(new ConfigError("ERR_UNSUPPORTED", ADDR, detail));
  for (const device of interfaces) {
    if (!device.flags.includes("UP")) continue;
    const { name, kind = "" } = device;
    const reason = REFUSED.get(kind);
    if (reason !== undefined) refuse(`device ${name}: kind ${kind} is not emulated: ${reason}`);
    if (device.bridge?.vlanFiltering) refuse(`bridge ${name}: VLAN filtering is not emulated`);
    if (device.bridge?.snooping && device.bridge.querier)
      refuse(`bridge ${name}: multicast snooping with a querier is not emulated`);
    for (const setting of device.vlan?.unsupported ?? [])
      refuse(`device ${name}: ${setting} of a VLAN device is not emulated`);
    for (const setting of device.port?.unsupported ?? [])
      refuse(`device ${name}: ${setting} of a bridge's port is not emulated`);
    if (device.bond) checkBond(device, interfaces, bondPorts, { onUnsupported, onWarning });
    const warning = partlyShown(device);
    if (warning !== undefined) onWarning({ code: "DEVICE_KIND", message: `device ${name}: ${warning}`, at: ADDR });
  }
}

/** Kinds of devices that may be a bond's port as they are: their frames have nothing put on. */
const PLAIN_PORTS: ReadonlySet<string | undefined> = new Set([undefined, "veth", "dummy", "tun", "ifb"]);

function checkBond(
  bond: Interface,
  interfaces: readonly Interface[],
  bondPorts: readonly string[] | undefined,
  { onUnsupported, onWarning }: DeviceChecks,
): void {
  const ports = interfaces.filter(({ master }) => master === bond.name);
  const odd = ports.find(({ kind }) => !PLAIN_PORTS.has(kind));
  if (odd) {
    const detail = `bond ${bond.name}: its port ${odd.name} is a device of kind ${odd.kind}, which is not emulated`;
    onUnsupported(new ConfigError("ERR_UNSUPPORTED", ADDR, detail));
  }
  if (bondPorts || !needsOrder(bond.bond!, ports)) return;
  const message = `bond ${bond.name}: in which order its ports joined is not saved (bonding.txt, /proc/net/bonding/): taken by their indexes`;
  onWarning({ code: "BOND_ORDER", message, at: ADDR });
}

/** Does it put packets into others? */
export function isTunnel({ kind = "" }: Interface): boolean {
  return TUNNELS.has(kind);
}

function partlyShown(device: Interface): string | undefined {
  const { kind = "" } = device;
  if (isTunnel(device)) return `packets that leave through it are shown as they enter the tunnel (${kind})`;
  if (device.bond) return bondDoubt(device.bond);
  if (kind === "macvlan" || kind === "macvtap")
    return "only frames captured on it arrive at it, not those captured on the device below";
  return undefined;
}

/** Reports routes that put packets into others (SRv6, MPLS, lightweight tunnels). */
export function checkRoutes(routes: readonly Route[], { onUnsupported }: DeviceChecks): void {
  for (const encapsulation of new Set(routes.map((route) => route.encapsulation))) {
    if (encapsulation === undefined) continue;
    const detail = `routes with encapsulation ${encapsulation} are not emulated: packets would leave without it`;
    onUnsupported(new ConfigError("ERR_UNSUPPORTED", ROUTE, detail));
  }
}
