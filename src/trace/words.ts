import { CtInfo } from "../../assembly/abi/conntrack.ts";
import { Fate, Reason } from "../../assembly/abi/fate.ts";
import { Hook, Table } from "../../assembly/abi/netfilter.ts";
import { RouteResult } from "../../assembly/abi/route.ts";

/** Why packets end, in the words of the report. */
const REASONS: Readonly<Record<Reason, string>> = {
  [Reason.None]: "",
  [Reason.Rule]: "by a rule",
  [Reason.Policy]: "by a chain's policy",
  [Reason.Hotdrop]: "a rule's match could not read the packet's headers",
  [Reason.OtherHost]: "the destination MAC address is not the node's",
  [Reason.HeaderTooShort]: "too short for its IP header",
  [Reason.BadVersion]: "not the IP version that the frame announces",
  [Reason.BadHeaderLength]: "impossible IP header length",
  [Reason.BadHeaderChecksum]: "wrong IP header checksum",
  [Reason.Truncated]: "shorter than its own IP length",
  [Reason.BadTotalLength]: "IP length shorter than the header",
  [Reason.Ipv6Disabled]: "IPv6 is disabled on the interface",
  [Reason.BadAddress]: "an address that may not be in a packet",
  [Reason.NoRoute]: "no route to the destination",
  [Reason.HostUnreachable]: "the route says unreachable",
  [Reason.Prohibited]: "the route says prohibited",
  [Reason.MartianSource]: "martian source: an address that cannot come in there",
  [Reason.MartianDestination]: "martian destination",
  [Reason.ReversePath]: "reverse path filter: the way back is another interface",
  [Reason.ForwardingOff]: "forwarding is off",
  [Reason.Blackhole]: "a blackhole route",
  [Reason.TtlExceeded]: "TTL exceeded",
  [Reason.TooBig]: "too big for the next link, and may not be fragmented",
  [Reason.BadOptions]: "bad IP options",
  [Reason.TableFull]: "the conntrack table is full",
  [Reason.Clash]: "another connection has the same addresses and ports",
  [Reason.NatFailed]: "NAT found no free translation",
  [Reason.NatIcmp]: "an ICMP error that NAT does not translate",
  [Reason.Masquerade]: "MASQUERADE: the interface changed, or has no address",
  [Reason.Fragment]: "a datagram that could not be reassembled",
  [Reason.IpvsNoServer]: "IPVS: no server to choose",
  [Reason.IpvsServerGone]: "IPVS: the connection's server was removed",
  [Reason.IpvsTransmit]: "IPVS: could not be sent to the server",
  [Reason.IpvsDrop]: "IPVS: dropped on purpose",
  [Reason.NoNeighbour]: "no neighbour to send it to",
  [Reason.QueueUnread]: "nobody reads the NFQUEUE",
  [Reason.NotIp]: "not IP",
  [Reason.OwnFrame]: "sent by the node itself",
  [Reason.NoVlanDevice]: "a VLAN that the node has no interface for",
  [Reason.SendRefused]: "the kernel refuses to send it",
  [Reason.NotJoined]: "multicast or broadcast that the node did not join",
  [Reason.DeviceDown]: "the interface is down",
  [Reason.NoPort]: "no port of the bridge or bond takes the frame",
  [Reason.BadLinkAddress]: "the frame's source address is none that a sender can have",
  [Reason.BackupPort]: "arrived at a backup port of a bond",
  [Reason.IcmpTooShort]: "too short for its ICMP header",
  [Reason.BadGroupMessage]: "the bridge reads IGMP and MLD, and this is broken",
  [Reason.Helper]: "a conntrack helper: an incomplete command, or a connection that cannot be expected",
};

const HOOKS: Readonly<Record<Hook, string>> = {
  [Hook.PreRouting]: "PREROUTING",
  [Hook.Input]: "INPUT",
  [Hook.Forward]: "FORWARD",
  [Hook.Output]: "OUTPUT",
  [Hook.PostRouting]: "POSTROUTING",
};

const ROUTES: Readonly<Record<RouteResult, string>> = {
  [RouteResult.Local]: "to the node itself",
  [RouteResult.Forward]: "onward",
  [RouteResult.Broadcast]: "to the node, as one of many",
  [RouteResult.NetUnreachable]: "no route",
  [RouteResult.HostUnreachable]: "unreachable",
  [RouteResult.Prohibited]: "prohibited",
  [RouteResult.Invalid]: "nowhere",
  [RouteResult.MartianSource]: "martian source",
  [RouteResult.MartianDestination]: "martian destination",
  [RouteResult.ReversePath]: "fails the reverse path filter",
  [RouteResult.NotJoined]: "a group that the node did not join",
};

const CTINFOS: Readonly<Record<CtInfo, string>> = {
  [CtInfo.Established]: "ESTABLISHED",
  [CtInfo.Related]: "RELATED",
  [CtInfo.New]: "NEW",
  [CtInfo.EstablishedReply]: "ESTABLISHED (reply)",
  [CtInfo.RelatedReply]: "RELATED (reply)",
  [CtInfo.Untracked]: "UNTRACKED",
};

/** How a packet ended. */
export type FateName = "sent" | "delivered" | "dropped" | "waiting" | "ignored";

const FATES: Readonly<Record<number, FateName>> = {
  [Fate.Sent]: "sent",
  [Fate.Delivered]: "delivered",
  [Fate.Dropped]: "dropped",
  [Fate.Queued]: "waiting",
  [Fate.Ignored]: "ignored",
};

export function fateName(fate: number): FateName {
  return FATES[fate] ?? "dropped";
}

export function reasonWords(reason: number): string {
  return REASONS[reason as Reason] ?? `reason ${reason}`;
}

export function hookName(hook: number): string {
  return HOOKS[hook as Hook] ?? "";
}

export function routeWords(result: number): string {
  return ROUTES[result as RouteResult] ?? `result ${result}`;
}

/** The state that `-m conntrack --ctstate` would match, with the direction. */
export function ctinfoWords(ctinfo: number): string {
  return CTINFOS[ctinfo as CtInfo] ?? "INVALID";
}

/** The table as iptables names it. */
export function tableName(table: number): string {
  return (Table[table] ?? "").toLowerCase();
}
