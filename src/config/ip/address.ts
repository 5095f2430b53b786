import type {
  BondPort,
  BondSettings,
  BridgePort,
  BridgeSettings,
  Interface,
  InterfaceAddress,
  SnoopingSettings,
} from "../../model/node.ts";
import { parseMac } from "../address.ts";
import { type JsonObject, parseJsonArrays } from "./json.ts";
import { scopeNumber } from "./names.ts";

/** Parses `ip -j addr` (better: `ip -d -j addr`, which names the kinds of devices). */
export function parseInterfaces(text: string, file: string): Interface[] {
  const interfaces: Interface[] = [];
  for (const entry of parseJsonArrays(text, file).flat()) {
    // A second array of the other family repeats the devices: only their addresses are new.
    const device = interfaceOf(entry);
    const known = interfaces.findIndex(({ index }) => index === device.index);
    if (known < 0) interfaces.push(device);
    else interfaces[known] = withAddresses(interfaces[known]!, device.addresses);
  }
  return interfaces;
}

function withAddresses(device: Interface, addresses: readonly InterfaceAddress[]): Interface {
  return { ...device, addresses: [...device.addresses, ...addresses] };
}

function interfaceOf(entry: JsonObject): Interface {
  const group = entry.string("group");
  const mac = entry.string("address");
  return {
    index: entry.required("ifindex", entry.number("ifindex")),
    name: entry.required("ifname", entry.string("ifname")),
    mtu: entry.number("mtu") ?? 1500,
    mac: mac === undefined ? undefined : parseMac(mac),
    flags: entry.strings("flags"),
    linkType: entry.string("link_type") ?? "ether",
    kind: entry.object("linkinfo")?.string("info_kind"),
    vlan: vlanOf(entry),
    below: belowOf(entry),
    master: entry.string("master"),
    port: portOf(entry),
    bridge: bridgeOf(entry),
    bond: bondOf(entry),
    bondPort: bondPortOf(entry),
    group: group === undefined || group === "default" ? 0 : Number(group) || 0,
    addresses: entry.objects("addr_info").map(addressOf),
  };
}

const VLAN_PROTOCOLS: Readonly<Record<string, number>> = { "802.1Q": 0x8100, "802.1ad": 0x88a8 };

function vlanOf(entry: JsonObject): Interface["vlan"] {
  const below = entry.string("link");
  const data = entry.object("linkinfo")?.object("info_data");
  const id = data?.number("id");
  const protocol = VLAN_PROTOCOLS[data?.string("protocol") ?? ""];
  if (below === undefined || id === undefined || protocol === undefined) return undefined;
  return { below, protocol, id, unsupported: unsupportedOfVlan(data!) };
}

/** Nodes that nobody listed with the tool may leave the flags out. */
function unsupportedOfVlan(data: JsonObject): readonly string[] {
  const unsupported: string[] = [];
  if (data.has("flags") && !data.strings("flags").includes("REORDER_HDR")) unsupported.push("reorder_hdr off");
  if (data.objects("egress_qos").some((mapping) => mapping.number("to") !== 0)) unsupported.push("egress-qos-map");
  return unsupported;
}

const LINKED_KINDS: ReadonlySet<string> = new Set(["macvlan", "macvtap"]);

function belowOf(entry: JsonObject): string | undefined {
  const info = entry.object("linkinfo");
  const kind = info?.string("info_kind") ?? "";
  if (kind === "bond") return info?.object("info_data")?.string("active_slave");
  return LINKED_KINDS.has(kind) ? entry.string("link") : undefined;
}

/** What a bridge's port can do besides: it answers for others, or translates VLANs. */
const UNSUPPORTED_OF_PORTS = ["proxy_arp", "proxy_arp_wifi", "neigh_suppress", "vlan_tunnel"];

/** A number, or the text of a hexadecimal one. */
function maskOf(data: JsonObject | undefined, name: string): number {
  return data?.number(name) ?? (Number.parseInt(data?.string(name) ?? "0", 16) || 0);
}

function portOf(entry: JsonObject): BridgePort | undefined {
  const info = entry.object("linkinfo");
  if (info?.string("info_slave_kind") !== "bridge") return undefined;
  const data = info.object("info_slave_data");
  const on = (name: string) => !data?.has(name) || data.flag(name);
  return {
    number: data?.number("no") ?? entry.number("ifindex") ?? 0,
    hairpin: data?.flag("hairpin") ?? false,
    learning: on("learning"),
    flood: on("flood"),
    multicastFlood: on("mcast_flood"),
    broadcastFlood: on("bcast_flood"),
    isolated: data?.flag("isolated") ?? false,
    state: data?.string("state") ?? "forwarding",
    locked: data?.flag("locked") ?? false,
    groupForward: maskOf(data, "group_fwd_mask"),
    multicastRouter: data?.number("multicast_router") ?? 1,
    fastLeave: data?.flag("fastleave") ?? false,
    toUnicast: data?.flag("mcast_to_unicast") ?? false,
    unsupported: UNSUPPORTED_OF_PORTS.filter((name) => data?.flag(name) ?? false),
  };
}

/** Five minutes, in hundredths of a second. */
const DEFAULT_AGEING = 30_000;

function bridgeOf(entry: JsonObject): BridgeSettings | undefined {
  const info = entry.object("linkinfo");
  if (info?.string("info_kind") !== "bridge") return undefined;
  const data = info.object("info_data");
  const on = (name: string) => (data?.number(name) ?? 0) !== 0;
  return {
    promiscuous: (entry.number("promiscuity") ?? 0) > 0 || entry.strings("flags").includes("PROMISC"),
    vlanFiltering: on("vlan_filtering"),
    callIptables: on("nf_call_iptables"),
    callIp6tables: on("nf_call_ip6tables"),
    stp: on("stp_state"),
    groupForward: maskOf(data, "group_fwd_mask"),
    linkLocalLearning: !on("no_linklocal_learn"),
    ageing: data?.number("ageing_time") ?? DEFAULT_AGEING,
    snooping: snoopingOf(data),
    querier: on("mcast_querier"),
  };
}

/** What is not said is as a new bridge has it (br_multicast_ctx_init, net/bridge/br_multicast.c). */
function snoopingOf(data: JsonObject | undefined): SnoopingSettings | undefined {
  const setting = (name: string, usual: number) => data?.number(`mcast_${name}`) ?? usual;
  if (setting("snooping", 1) === 0) return undefined;
  return {
    router: setting("router", 1),
    igmpVersion: setting("igmp_version", 2),
    mldVersion: setting("mld_version", 1),
    hashMax: setting("hash_max", 4096),
    lastMemberCount: setting("last_member_cnt", 2),
    lastMemberInterval: setting("last_member_intvl", 100),
    membershipInterval: setting("membership_intvl", 26_000),
    querierInterval: setting("querier_intvl", 25_500),
  };
}

function bondOf(entry: JsonObject): BondSettings | undefined {
  const info = entry.object("linkinfo");
  if (info?.string("info_kind") !== "bond") return undefined;
  const data = info.object("info_data");
  return {
    mode: data?.string("mode"),
    policy: data?.string("xmit_hash_policy") ?? "layer2",
    packetsPerPort: data?.number("packets_per_slave") ?? 1,
    allPortsTake: (data?.number("all_slaves_active") ?? 0) !== 0,
    aggregator: data?.object("ad_info")?.number("aggregator"),
  };
}

function bondPortOf(entry: JsonObject): BondPort | undefined {
  const info = entry.object("linkinfo");
  if (info?.string("info_slave_kind") !== "bond") return undefined;
  const data = info.object("info_slave_data");
  const flags = entry.strings("flags");
  return {
    isActive: data?.string("state") !== "BACKUP",
    isUp: (data?.string("mii_status") ?? "UP") === "UP" && !flags.includes("NO-CARRIER"),
    aggregator: data?.number("ad_aggregator_id"),
  };
}

export function addressOf(entry: JsonObject): InterfaceAddress {
  const address = entry.required("local", entry.address("local"));
  const scope = entry.string("scope") ?? "global";
  return {
    family: address.length === 4 ? 4 : 6,
    address,
    prefixLength: entry.number("prefixlen") ?? address.length * 8,
    scope: scopeNumber(scope) ?? entry.fail(`unknown scope \`${scope}'`),
    broadcast: entry.address("broadcast"),
    secondary: entry.flag("secondary"),
    deprecated: entry.flag("deprecated"),
    label: entry.string("label"),
    temporary: entry.flag("temporary") || undefined,
    tentative: entry.flag("tentative") || entry.flag("dadfailed") || undefined,
    noPrefixRoute: entry.flag("noprefixroute") || undefined,
  };
}
