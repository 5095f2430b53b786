import type { Address, Family, SourcePosition } from "./address.ts";
import type { ConntrackEntry, ConntrackExpectation } from "./conntrack.ts";
import type { IpSet } from "./ipset.ts";
import type { IpvsService } from "./ipvs.ts";
import type { Account } from "./nfacct.ts";
import type { Ruleset } from "./ruleset.ts";

/** A device, as `ip -d -j addr` shows it. */
export interface Interface {
  readonly index: number;
  readonly name: string;
  readonly mtu: number;
  /** Link-layer address; undefined for devices without (tun). */
  readonly mac?: Uint8Array;
  readonly flags: readonly string[];
  /** ether, loopback, none, ... */
  readonly linkType: string;
  /** linkinfo.info_kind: veth, dummy, bridge, vlan, ...; undefined for plain devices. */
  readonly kind?: string;
  /** Of a VLAN device: its tag, and the device below. */
  readonly vlan?: VlanSettings;
  /** Of other devices that send through one: a macvlan's lower device, the active port of an active-backup bond. */
  readonly below?: string;
  /** Bridge, bond or VRF that it is a port of. */
  readonly master?: string;
  /** Of a bridge's port: what it does beyond the defaults. */
  readonly port?: BridgePort;
  /** Of a bridge: its own settings. */
  readonly bridge?: BridgeSettings;
  /** Of a bond: how it sends. */
  readonly bond?: BondSettings;
  /** Of a bond's port: its part in it. */
  readonly bondPort?: BondPort;
  readonly group: number;
  /** In the order printed. */
  readonly addresses: readonly InterfaceAddress[];
}

export interface VlanSettings {
  readonly below: string;
  /** 0x8100, 0x88a8. */
  readonly protocol: number;
  readonly id: number;
  /** Settings that are not emulated, as people know them. */
  readonly unsupported: readonly string[];
}

/** A port of a bridge, as `ip -d -j link` shows it (`info_slave_data`). */
export interface BridgePort {
  /** In the order in which ports joined. */
  readonly number: number;
  readonly hairpin: boolean;
  readonly learning: boolean;
  readonly flood: boolean;
  readonly multicastFlood: boolean;
  readonly broadcastFlood: boolean;
  readonly isolated: boolean;
  /** disabled, listening, learning, forwarding, blocking. */
  readonly state: string;
  /** Only addresses known to be behind it may send. */
  readonly locked: boolean;
  /** Groups 01:80:c2:00:00:0x that it forwards, a bit each. */
  readonly groupForward: number;
  /** Is a multicast router behind it: 0 never, 1 or 3 when one is heard, 2 always (mcast_router)? */
  readonly multicastRouter: number;
  /** Is a member of a group gone as soon as it says so? */
  readonly fastLeave: boolean;
  /** Do members of groups get frames each by itself (mcast_to_unicast)? */
  readonly toUnicast: boolean;
  /** Settings that are on, and not emulated. */
  readonly unsupported: readonly string[];
}

export interface BridgeSettings {
  /** Does every frame come to it, whomever it is for (somebody listens to it, or a VLAN device with an address of its own)? */
  readonly promiscuous: boolean;
  readonly vlanFiltering: boolean;
  /** Do its packets pass the IP hooks even where net.bridge.bridge-nf-call-iptables is 0? */
  readonly callIptables: boolean;
  readonly callIp6tables: boolean;
  readonly stp: boolean;
  /** Groups 01:80:c2:00:00:0x that it forwards, a bit each. */
  readonly groupForward: number;
  readonly linkLocalLearning: boolean;
  /** Hundredths of a second after which a learned address is forgotten. */
  readonly ageing: number;
  /** How it reads who asks for which groups; undefined: it does not. */
  readonly snooping?: SnoopingSettings;
  /** Does it ask for the members of groups, and send their frames to them alone? */
  readonly querier: boolean;
}

/** How a bridge snoops on IGMP and MLD (mcast_*). Times are hundredths of a second. */
export interface SnoopingSettings {
  /** Is the node itself a multicast router: 0 never, 1 when it asks for members, 2 always? */
  readonly router: number;
  readonly igmpVersion: number;
  readonly mldVersion: number;
  readonly hashMax: number;
  readonly lastMemberCount: number;
  readonly lastMemberInterval: number;
  readonly membershipInterval: number;
  readonly querierInterval: number;
}

export interface BondSettings {
  /** balance-rr, active-backup, balance-xor, broadcast, 802.3ad, balance-tlb, balance-alb; undefined: not said. */
  readonly mode?: string;
  /** layer2, layer2+3, layer3+4, vlan+srcmac, encap2+3, encap3+4. */
  readonly policy: string;
  /** balance-rr: frames through a port before it is the next one's turn; 0: the port is drawn. */
  readonly packetsPerPort: number;
  /** Do backup ports take frames, too (all_slaves_active)? */
  readonly allPortsTake: boolean;
  /** 802.3ad: number of the aggregator in use. */
  readonly aggregator?: number;
}

export interface BondPort {
  /** Is it no backup? */
  readonly isActive: boolean;
  /** Is its link up as far as the bond knows (MII status)? */
  readonly isUp: boolean;
  /** 802.3ad: number of the aggregator that it belongs to. */
  readonly aggregator?: number;
}

/** Behind which port of a bridge a MAC address is (`bridge fdb`). */
export interface FdbEntry {
  readonly mac: Uint8Array;
  readonly port: string;
  readonly bridge: string;
  /** It does not age. */
  readonly isStatic: boolean;
  /** Frames do not move it to another port. */
  readonly isSticky: boolean;
}

/** What a bridge knows of groups (`bridge mdb`). Times are hundredths of a second, undefined: for good. */
export interface GroupDatabase {
  readonly members: readonly GroupMember[];
  /** Ports behind which a multicast router was heard. Which family's, the tools do not say. */
  readonly routers: readonly { readonly bridge: string; readonly port: string; readonly time: number }[];
}

export interface GroupMember {
  readonly bridge: string;
  /** The bridge itself: the node belongs to the group. */
  readonly port: string;
  /** An IP address, or a MAC address. */
  readonly group: Uint8Array;
  readonly time?: number;
}

export interface InterfaceAddress {
  readonly family: Family;
  readonly address: Address;
  readonly prefixLength: number;
  /** 0 global, 200 site, 253 link, 254 host. */
  readonly scope: number;
  readonly broadcast?: Address;
  readonly secondary: boolean;
  readonly deprecated: boolean;
  readonly label?: string;
  /** IPv6 privacy address. */
  readonly temporary?: boolean;
  /** IPv6: not (yet) known to be the only one on the link, so not used as a source. */
  readonly tentative?: boolean;
  /** `noprefixroute`: the kernel made no connected route for it. */
  readonly noPrefixRoute?: boolean;
}

export interface NextHop {
  readonly device?: string;
  readonly gateway?: Address;
  readonly weight: number;
  readonly onlink: boolean;
  /** dead, linkdown, ...; undefined for none. */
  readonly flags?: readonly string[];
}

/** A route of any table. */
export interface Route {
  readonly family: Family;
  /** unicast, local, broadcast, unreachable, ... */
  readonly type: string;
  readonly table: number;
  readonly destination: Address;
  readonly prefixLength: number;
  readonly source?: Address;
  readonly sourcePrefixLength?: number;
  readonly tos: number;
  readonly metric: number;
  readonly scope: number;
  readonly prefSource?: Address;
  readonly mtu?: number;
  /** Lightweight tunnel that packets enter: seg6, mpls, ip, ...; undefined for none. */
  readonly encapsulation?: string;
  readonly nextHops: readonly NextHop[];
}

/** A routing policy rule (`ip rule`). */
export interface PolicyRule {
  readonly family: Family;
  readonly priority: number;
  readonly invert: boolean;
  readonly source?: { readonly address: Address; readonly prefixLength: number };
  readonly destination?: { readonly address: Address; readonly prefixLength: number };
  readonly mark?: number;
  readonly mask?: number;
  readonly inInterface?: string;
  readonly outInterface?: string;
  readonly tos?: number;
  readonly protocol?: number;
  readonly sourcePorts?: { readonly from: number; readonly to: number };
  readonly destinationPorts?: { readonly from: number; readonly to: number };
  readonly action: "lookup" | "unreachable" | "prohibit" | "blackhole" | "goto" | "nop";
  readonly table: number;
  readonly gotoPriority?: number;
  /** Results with a prefix of at most this length are passed over. */
  readonly suppressPrefixLength?: number;
  /** Results over a device of this group are passed over. */
  readonly suppressInterfaceGroup?: number;
}

export interface Neighbour {
  readonly device: string;
  readonly address: Address;
  readonly mac: Uint8Array;
}

/** A command run on the node just before input packet `before`. */
export interface NodeEvent {
  readonly before: number;
  readonly command: string;
}

/** Whose the packets are that the node itself sends: a capture does not say it. */
export interface LocalProcess {
  readonly uid: number;
  readonly gid: number;
  /** Its other groups. */
  readonly groups: readonly number[];
  /** Class of the net_cls controller, and path in the cgroup hierarchy; undefined: rules that ask are refused. */
  readonly classid?: number;
  readonly cgroup?: string;
}

/** What they count as where nobody says better. */
export const ROOT_PROCESS: LocalProcess = { uid: 0, gid: 0, groups: [] };

/** Something that was noticed while loading and does not stop it. */
export interface Warning {
  readonly code: string;
  readonly message: string;
  readonly at?: SourcePosition;
}

/** A Linux node: all that decides what happens to a packet. */
/** Modules of a node's kernel. Names are written with underscores. */
export interface KernelModules {
  readonly names: ReadonlySet<string>;
  /** Values of parameters by `module.parameter`; what is absent is at its default. */
  readonly parameters: ReadonlyMap<string, string>;
}

/** A node: all that decides what becomes of its packets. `parseNode` makes it of files. */
export interface Node {
  readonly interfaces: readonly Interface[];
  readonly routes: readonly Route[];
  /** undefined: only the three default rules. */
  readonly rules?: readonly PolicyRule[];
  readonly neighbours: readonly Neighbour[];
  /** undefined: bridges know what their packets teach them. */
  readonly fdb?: readonly FdbEntry[];
  /** undefined: bridges know what is asked for while they look. */
  readonly groups?: GroupDatabase;
  /** Ports of bonds in the order in which they joined; undefined: not saved. */
  readonly bondPorts?: readonly string[];
  /** Names with dots; values as printed. */
  readonly sysctls: ReadonlyMap<string, string>;
  readonly ruleset4?: Ruleset;
  readonly ruleset6?: Ruleset;
  readonly sets?: readonly IpSet[];
  readonly services?: readonly IpvsService[];
  /** Objects of nfacct; undefined: whatever rules name exists, and has no quota. */
  readonly accounts?: readonly Account[];
  readonly local: LocalProcess;
  /** Connections that are open when the run begins; undefined: the table was not saved. */
  readonly connections?: readonly ConntrackEntry[];
  /** What helpers expect when the run begins; undefined: it was not saved. */
  readonly expectations?: readonly ConntrackExpectation[];
  /** undefined: not saved. */
  readonly modules?: KernelModules;
  /** Names of connection labels (connlabel.conf); undefined: they have none. */
  readonly labels?: ReadonlyMap<string, number>;
  readonly events: readonly NodeEvent[];
  /** Virtual time, in seconds, until which the run goes on after the last packet. */
  readonly end?: number;
  readonly kernel: string;
  readonly hz: number;
  /** Names of the files that were read; what is absent is at the kernel's defaults. */
  readonly files: readonly string[];
  /** May packets of a capture be larger than the MTU, and transport checksums unfinished (TSO, GRO, checksum offload)? */
  readonly offloads: boolean;
  /** Is it a recorded scenario? */
  readonly isScenario: boolean;
  readonly warnings: readonly Warning[];
  /** What was left out because it is not emulated, with its place. */
  readonly ignored: readonly Warning[];
}
