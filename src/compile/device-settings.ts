import type { Core } from "../core/core.ts";
import { DeviceLayout } from "../core/layout.generated.ts";
import { type Field, setNumber } from "../core/record.ts";
import type { Interface, Node } from "../model/node.ts";

/** How a device's own value and that of `all` make one (include/linux/inetdevice.h). */
type Combine = (own: number, all: number) => number;

const or: Combine = (own, all) => own | all;
const and: Combine = (own, all) => own & all;
const max: Combine = (own, all) => Math.max(own, all);

const D = DeviceLayout;

/** Settings of net.ipv4.conf: name, kernel's defaults for a device and for `all`, and how they combine. */
const IPV4: readonly (readonly [field: Field, name: string, own: number, all: number, combine: Combine])[] = [
  [D.rpFilter, "rp_filter", 0, 0, max],
  [D.acceptLocal, "accept_local", 0, 0, or],
  [D.routeLocalnet, "route_localnet", 0, 0, or],
  [D.sendRedirects, "send_redirects", 1, 1, or],
  [D.sharedMedia, "shared_media", 1, 1, or],
  [D.bcForwarding, "bc_forwarding", 0, 0, and],
  [D.acceptSourceRoute, "accept_source_route", 1, 0, and],
  [D.srcValidMark, "src_valid_mark", 0, 0, or],
  [D.dropUnicastInL2Multicast, "drop_unicast_in_l2_multicast", 0, 0, or],
];

/** Writes what the node's settings say of each device into its `Device` record (net.ipv4.conf, net.ipv6.conf). */
export function loadDeviceSettings(core: Core, node: Pick<Node, "sysctls" | "interfaces">): void {
  const view = new DataView(core.memory.buffer);
  const ipv6Off = isIpv6Off(node.interfaces);
  for (const [i, device] of node.interfaces.entries()) {
    const record = core.device(i + 1);
    const settings = new DeviceSettings(node.sysctls, device.name);
    for (const [field, name, own, all, combine] of IPV4) {
      const ofAll = settings.number(`net.ipv4.conf.all.${name}`) ?? all;
      setNumber(view, record, field, combine(settings.own(4, name) ?? own, ofAll));
    }
    setNumber(view, record, D.forwarding4, settings.forwarding4() === 0 ? 0 : 1);
    setNumber(view, record, D.forwarding6, (settings.spread6("forwarding") ?? 0) === 0 ? 0 : 1);
    setNumber(view, record, D.dropUnicastInL2Multicast6, settings.own(6, "drop_unicast_in_l2_multicast") ?? 0);
    setNumber(view, record, D.useTempaddr, settings.own(6, "use_tempaddr") ?? 0);
    setNumber(view, record, D.hopLimit, settings.own(6, "hop_limit") ?? 64);
    setNumber(view, record, D.callIptables, callsHooks(node.sysctls, "iptables", device.bridge?.callIptables) ? 1 : 0);
    setNumber(
      view,
      record,
      D.callIp6tables,
      callsHooks(node.sysctls, "ip6tables", device.bridge?.callIp6tables) ? 1 : 0,
    );
    const disabled = settings.spread6("disable_ipv6") ?? (ipv6Off ? 1 : 0);
    setNumber(view, record, D.disableIpv6, disabled !== 0 || device.mtu < IPV6_MIN_MTU ? 1 : 0);
  }
  core.forgetRoutes();
}

/** More settings than anybody writes down by hand: what is not among them does not exist on the node. */
const WHOLE_LIST = 200;

/**
 * Do bridged packets pass the hooks of IP (net/bridge/br_netfilter_hooks.c)? By default they do where br_netfilter is loaded;
 * without it the setting does not exist.
 */
function callsHooks(sysctls: ReadonlyMap<string, string>, tables: string, byBridge = false): boolean {
  const value = sysctls.get(`net.bridge.bridge-nf-call-${tables}`);
  if (value === undefined) return sysctls.size < WHOLE_LIST;
  return byBridge || value !== "0";
}

const IPV6_MIN_MTU = 1280;

/**
 * Nodes without IPv6 (`disable_ipv6`, ipv6.disable=1) often come without the setting; but then lo, which gets ::1 as soon
 * as it is up (init_loopback, net/ipv6/addrconf.c), has no IPv6 address, and neither has any other device.
 */
function isIpv6Off(interfaces: readonly Interface[]): boolean {
  return !interfaces.some(({ addresses }) => addresses.some(({ family }) => family === 6));
}

/** Settings of one device by the names that sysctl gives them. */
class DeviceSettings {
  readonly #sysctls: ReadonlyMap<string, string>;
  readonly #device: string;

  constructor(sysctls: ReadonlyMap<string, string>, device: string) {
    this.#sysctls = sysctls;
    this.#device = device;
  }

  number(name: string): number | undefined {
    const text = this.#sysctls.get(name);
    const value = text === undefined || text === "" ? Number.NaN : Number(text);
    return Number.isInteger(value) ? Math.max(value, 0) & 0xff : undefined;
  }

  /** The device's own value; without one, what new devices get. */
  own(family: 4 | 6, name: string): number | undefined {
    return this.#ofDevice(family, name) ?? this.number(`net.ipv${family}.conf.default.${name}`);
  }

  /** Writing ip_forward or all.forwarding sets every device (inet_forward_change). */
  forwarding4(): number {
    const everywhere = this.number("net.ipv4.ip_forward") ?? this.number("net.ipv4.conf.all.forwarding");
    return this.#ofDevice(4, "forwarding") ?? everywhere ?? this.number("net.ipv4.conf.default.forwarding") ?? 0;
  }

  /** IPv6 settings of which writing `all` sets every device (addrconf_fixup_forwarding, addrconf_disable_ipv6). */
  spread6(name: string): number | undefined {
    const everywhere = this.number(`net.ipv6.conf.all.${name}`);
    return this.#ofDevice(6, name) ?? everywhere ?? this.number(`net.ipv6.conf.default.${name}`);
  }

  #ofDevice(family: 4 | 6, name: string): number | undefined {
    return this.number(`net.ipv${family}.conf.${this.#device}.${name}`);
  }
}
