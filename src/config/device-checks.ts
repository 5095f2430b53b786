import type { Interface, Warning } from "../model/node.ts";

/** Kinds of devices whose own work (switching, encapsulating, choosing a port) is not emulated. */
const NOT_EMULATED: ReadonlySet<string> = new Set([
  "bond",
  "bridge",
  "geneve",
  "gre",
  "gretap",
  "ip6gre",
  "ip6tnl",
  "ipip",
  "ipvlan",
  "macvlan",
  "macvtap",
  "macsec",
  "openvswitch",
  "sit",
  "team",
  "tun",
  "vrf",
  "vti",
  "vxlan",
  "wireguard",
  "xfrm",
]);

/** Devices that are up and do more than pass packets on to the IP layer: what is not emulated of them. */
export function deviceWarnings(interfaces: readonly Interface[]): Warning[] {
  const up = interfaces.filter(({ flags }) => flags.includes("UP"));
  const kinds = up.filter(({ kind }) => kind !== undefined && NOT_EMULATED.has(kind));
  const ports = up.filter(({ master }) => master !== undefined);
  const warnings: Warning[] = [];
  if (kinds.length > 0) {
    const names = kinds.map(({ name, kind }) => `${name} (${kind})`).join(", ");
    warnings.push({
      code: "DEVICE_KIND",
      message: `only the IP layer of these devices is emulated, not what they do with packets themselves: ${names}`,
    });
  }
  if (ports.length > 0) {
    const names = ports.map(({ name, master }) => `${name} (of ${master})`).join(", ");
    warnings.push({
      code: "DEVICE_PORT",
      message: `ports of a bridge, bond or VRF hand packets to it, which is not emulated: captures should be of the device above: ${names}`,
    });
  }
  return warnings;
}
