import { CtEvent, CtInfo, IPS_EXPECTED, IPS_SEEN_REPLY } from "../abi/conntrack";
import { Reason } from "../abi/fate";
import { Hook, Verdict } from "../abi/netfilter";
import {
  PROTO_DCCP,
  PROTO_GRE,
  PROTO_ICMP,
  PROTO_ICMPV6,
  PROTO_SCTP,
  PROTO_TCP,
  PROTO_UDP,
  PROTO_UDPLITE,
} from "../abi/protocol";
import { config } from "../packet/config";
import { Packet } from "../packet/packet";
import { drop } from "../trace/output";
import { arriveExpected } from "./arrival";
import { DccpEntry, trackDccp } from "./dccp";
import { dropEarly } from "./early-drop";
import { coldOf, Entry } from "./entry";
import { beginEvents, noteEvent } from "./event";
import { expectationCount } from "./expectation";
import { isTrackable, tupleOf } from "./extract";
import { trackGeneric, trackGre } from "./generic";
import { GreEntry } from "./gre-entry";
import { assignHelper } from "./helper/index";
import { trackIcmp } from "./icmp";
import { classifyIcmp, IcmpVerdict } from "./icmp-error";
import { labelNew } from "./labels";
import { accountNew, attachEntry, detachEntry, findLive } from "./lifetime";
import { liveEntries, takeEntry } from "./pool";
import { noteLackOfRoom } from "./pressure";
import { SctpEntry, trackSctp } from "./sctp";
import { trackTcp } from "./tcp";
import { TcpEntry } from "./tcp-entry";
import { beginTimes } from "./timestamp";
import { Tracking } from "./tracking";
import { invertTuple, newTuple, storeTuple } from "./tuple";
import { hashTuple } from "./tuple-hash";
import { trackUdp, trackUdpLite, UdpEntry } from "./udp";
import { tracksDccp } from "./versions";
import { DEFAULT_ZONE, Template, zoneIdIn, zoneOf } from "./zone";

const tuple = newTuple();
const replyTuple = newTuple();

/**
 * Finds or makes the packet's entry (nf_conntrack_in, net/netfilter/nf_conntrack_core.c), at priority -200 of PREROUTING
 * and OUTPUT. A packet without entry afterwards is INVALID (or UNTRACKED): conntrack itself drops only when the table is
 * full.
 */
export function track(packet: Packet, hook: Hook): Verdict {
  if (packet.ct != 0 || packet.ctinfo == CtInfo.Untracked) return Verdict.Accept;
  const template = packet.template;
  packet.template = 0;
  // A fragment that the node sends unassembled (IP_NODEFRAG).
  if (hook == Hook.Output && packet.family == 4 && packet.isFragment) return Verdict.Accept;
  packet.ctinfo = <u8>CtInfo.Established;
  return classify(packet, hook, zoneOf(template, packet.mark), template);
}

function classify(packet: Packet, hook: Hook, zone: u32, template: usize): Verdict {
  if (!isTrackable(packet)) return Verdict.Accept;
  if (packet.protocol == PROTO_ICMP || packet.protocol == PROTO_ICMPV6) {
    const icmp = classifyIcmp(packet, zone, hook);
    if (icmp == IcmpVerdict.Untracked) packet.ctinfo = <u8>CtInfo.Untracked;
    if (icmp != IcmpVerdict.Track) return Verdict.Accept;
  }
  return settle(packet, hook, zone, template, Tracking.Repeat);
}

/** From what the protocol said of the packet and its entry, or `Repeat` without one, to the end. */
function settle(packet: Packet, hook: Hook, zone: u32, template: usize, tracking: Tracking): Verdict {
  while (tracking == Tracking.Repeat) {
    const found = resolve(packet, zone, template);
    if (found != Verdict.Accept) return found;
    if (packet.ct == 0) return Verdict.Accept;
    tracking = trackProtocol(changetype<Entry>(packet.ct), packet, hook);
    if (tracking != Tracking.Accept) detachEntry(packet);
  }
  if (tracking == Tracking.Drop) {
    drop(packet, Reason.Clash);
    return Verdict.Drop;
  }
  // Only after the protocol saw the packet: it tells the first reply from later ones.
  if (packet.ctinfo == CtInfo.EstablishedReply) noteReply(changetype<Entry>(packet.ct));
  return Verdict.Accept;
}

/** What the protocol says of a packet of an established TCP or UDP connection, which is not attached to it (hooks/express). */
export function trackEstablished(entry: Entry, packet: Packet): Tracking {
  const at = changetype<usize>(entry);
  if (entry.protocol == PROTO_TCP) return trackTcp(changetype<TcpEntry>(at), packet, Hook.PreRouting);
  return trackUdp(changetype<UdpEntry>(at), packet, Hook.PreRouting);
}

/** Goes on with a packet at PREROUTING of which {@link trackEstablished} said `tracking`. @param reference its entry and direction. */
export function resumeTracking(packet: Packet, reference: usize, tracking: Tracking): Verdict {
  attachEntry(packet, changetype<Entry>(reference & ~1), reference & 1 ? CtInfo.EstablishedReply : CtInfo.Established);
  if (tracking != Tracking.Accept) detachEntry(packet);
  return settle(packet, Hook.PreRouting, DEFAULT_ZONE, 0, tracking);
}

function noteReply(entry: Entry): void {
  if (entry.status & IPS_SEEN_REPLY) return;
  entry.addStatus(IPS_SEEN_REPLY);
  noteEvent(entry, CtEvent.Reply);
}

/** Attaches the entry of the packet's tuple, a new one where there is none (resolve_normal_ct). */
function resolve(packet: Packet, zone: u32, template: usize): Verdict {
  if (!tupleOf(packet, tuple)) return Verdict.Accept;
  const reference = findLive(tuple, zone);
  if (reference == 0) return create(packet, zone, template);
  const entry = changetype<Entry>(reference & ~1);
  const status: u32 = entry.status;
  let ctinfo: CtInfo = CtInfo.New;
  if (reference & 1) ctinfo = CtInfo.EstablishedReply;
  else if (status & IPS_SEEN_REPLY) ctinfo = CtInfo.Established;
  else if (status & IPS_EXPECTED) ctinfo = CtInfo.Related;
  attachEntry(packet, entry, ctinfo);
  return Verdict.Accept;
}

/** A new connection (init_conntrack). It counts against the limit from now on, confirmed or not. */
function create(packet: Packet, zone: u32, template: usize): Verdict {
  if (!invertTuple(replyTuple, tuple)) return Verdict.Accept;
  if (config.conntrackMax != 0 && liveEntries() >= config.conntrackMax) {
    if (!dropEarly(hashTuple(tuple, zoneIdIn(zone, 0)), config.conntrackBuckets)) {
      noteLackOfRoom();
      drop(packet, Reason.TableFull);
      return Verdict.Drop;
    }
  }
  const entry = takeEntry(packet.family);
  entry.protocol = packet.protocol;
  storeTuple(entry, 0, tuple);
  storeTuple(entry, 1, replyTuple);
  coldOf(entry).zone = zone;
  accountNew(entry);
  beginTimes(entry);
  labelNew(entry);
  beginEvents(entry, template == 0 ? 0 : changetype<Template>(template).events);
  const isExpected = expectationCount() != 0 && arriveExpected(entry, tuple, zone);
  if (!isExpected && template != 0) assignHelper(entry, changetype<Template>(template).helper);
  attachEntry(packet, entry, isExpected ? CtInfo.Related : CtInfo.New);
  return Verdict.Accept;
}

/** nf_conntrack_handle_packet. */
function trackProtocol(entry: Entry, packet: Packet, hook: Hook): Tracking {
  const at = changetype<usize>(entry);
  switch (<u32>entry.protocol) {
    case PROTO_TCP:
      return trackTcp(changetype<TcpEntry>(at), packet, hook);
    case PROTO_UDP:
      return trackUdp(changetype<UdpEntry>(at), packet, hook);
    case PROTO_ICMP:
    case PROTO_ICMPV6:
      return trackIcmp(entry, packet);
    case PROTO_UDPLITE:
      return trackUdpLite(entry, packet, hook);
    case PROTO_SCTP:
      return trackSctp(changetype<SctpEntry>(at), packet, hook);
    case PROTO_DCCP:
      return tracksDccp() ? trackDccp(changetype<DccpEntry>(at), packet, hook) : trackGeneric(entry, packet);
    case PROTO_GRE:
      return trackGre(changetype<GreEntry>(at), packet);
    default:
      return trackGeneric(entry, packet);
  }
}
