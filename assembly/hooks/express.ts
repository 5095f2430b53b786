import { CtInfo, IPS_CONFIRMED, IPS_DYING, IPS_HELPER, IPS_SEEN_REPLY, IPS_SEQ_ADJUST } from "../abi/conntrack";
import { Fate, Reason } from "../abi/fate";
import { Hook, Origin, Table } from "../abi/netfilter";
import { PROTO_TCP, PROTO_UDP } from "../abi/protocol";
import { ADDRESSES6, ctMark, ctStatus, ENTRY_ACCOUNTED, Entry, flowHead } from "../conntrack/entry";
import { hasUntoldEvents } from "../conntrack/event";
import {
  addCounts,
  beginTracking,
  hasten,
  keepAlive,
  NOT_TRACKED,
  trackDatagram,
  trackEstablished,
  trackSegment,
} from "../conntrack/index";
import { TcpEntry } from "../conntrack/tcp-entry";
import { Tracking } from "../conntrack/tracking";
import { UdpEntry } from "../conntrack/udp";
import { zonesInUse } from "../conntrack/zone";
import { MAC_MASK, ownMac } from "../ip/link";
import { shortcutOf } from "../iptables/flow-head";
import { flowGeneration } from "../iptables/flow-memory";
import { copyLink, Shortcut } from "../iptables/shortcut";
import { hookChain } from "../iptables/table";
import { agreesInLane, countInLane, ipvsActive, isIpvsInLane } from "../ipvs/index";
import { allocate } from "../memory/allocate";
import { copyBytes } from "../memory/copy";
import { load16 } from "../packet/bytes";
import { foldRaw } from "../packet/checksum";
import { nowNs } from "../packet/clock";
import { config } from "../packet/config";
import { DEVICE_RAW, DEVICE_UP, device, NO_DEVICE } from "../packet/device";
import { InputRecord } from "../packet/input-record";
import { Packet } from "../packet/packet";
import { appendEnding, frames, OUTPUT_FRAME_SIZE, OutputFrame } from "../trace/output";
import { PathCount } from "../trace/path-counts";

/**
 * The express lane: what most packets of a capture are (whole packets of established TCP and UDP connections which have a
 * shortcut) goes from record to frame in one function, without a `Packet` of its own. It decides nothing that the walk
 * would decide otherwise: everything is tested before conntrack sees the packet, and what does not hold walks.
 */

/** Bytes before the ports, and those that a TCP and a UDP packet have to have. */
export const ETHERNET: u32 = 14;
const IPV4: u32 = 20;
const IPV6: u32 = 40;
export const FRAGMENT: u32 = 0xff3f;
/** SYN and RST, which may begin or end a connection. */
const TCP_CHANGES: u32 = 6;
/** Of an entry's status: what is asked of a connection, and what the answer has to be. */
const ASKED: u32 = IPS_CONFIRMED | IPS_SEEN_REPLY | IPS_DYING | IPS_HELPER | IPS_SEQ_ADJUST;
const PLAIN: u32 = IPS_CONFIRMED | IPS_SEEN_REPLY;

/** What the lane found out when it could not let a packet pass although conntrack has seen it. */
export enum Passage {
  /** The packet walks from the beginning. */
  Walks = 0,
  /** It is gone. */
  Left = 1,
  /** Conntrack has seen it: it walks on from there, see {@link passed}. */
  Tracked = 2,
}

/** What conntrack said of the last packet that was `Tracked`, and the reference to its entry. */
export let passedTracking: Tracking = Tracking.Accept;
export let passedReference: usize = 0;

/** The packet in the lane: only what conntrack asks of one. */
const lane = changetype<Packet>(allocate(offsetof<Packet>()));

/**
 * What {@link vouch} notes holds for one opening: for a chunk, as devices and settings are the same until it ends, and for one
 * generation of tables and routes.
 */
export let laneOpening: u32 = 0;
let openedGeneration: u32 = 0;
/** Longer packets gain nothing by being plain: copying out of the module, and sums of sixteen bytes in a function, are as fast. */
const LONGEST_PLAIN: u32 = 1024;

/** Asked before plain packets are: tables and routes may have changed. */
export function renewLane(): void {
  const generation = flowGeneration();
  if (generation == openedGeneration) return;
  openedGeneration = generation;
  laneOpening += 1;
}

/** A chunk begins: devices and settings are the same until it ends. */
export function beginChunk(): void {
  laneOpening += 1;
  enteredDevice = NO_DEVICE;
  beginTracking();
}

/** Is the lane open for a family? Asked before every batch. */
export function openLane(family: u32): bool {
  if (!config.pathCache || config.record || zonesInUse) return false;
  const hasIpvs = ipvsActive(family);
  if (hasIpvs && (family == 6 || !isIpvsInLane())) return false;
  if (!hasIpvs && !(family == 4 ? config.conntrackActive4 : config.conntrackActive6)) return false;
  return hookChain(family, Table.Raw, Hook.PreRouting) === null;
}

/** May the record's IPv6 packet take the lane, as far as the record itself says? Of IPv4 packets the look-ahead asks. */
export function fitsLane6(record: InputRecord, mac: usize): bool {
  if (!isOrdinary(record, 6) || record.macLength != ETHERNET) return false;
  const data = mac + ETHERNET;
  if (record.captured < neededBytes(IPV6, load<u8>(data, 6)) || load<u8>(data) >> 4 != 6) return false;
  return load<u8>(data, 7) > 1 && record.device != NO_DEVICE;
}

/** Bytes that have to be there, more than there can be for other protocols. @inline */
function neededBytes(header: u32, protocol: u32): u32 {
  return protocol == PROTO_TCP ? header + 20 : protocol == PROTO_UDP ? header + 8 : u32.MAX_VALUE;
}

/** No aggregate, and no checksum that is only begun. @inline */
export function isOrdinary(record: InputRecord, family: u32): bool {
  const at = changetype<usize>(record);
  return (load<u32>(at, offsetof<InputRecord>("family")) & 0xffff00ff) == family;
}

/**
 * Sends the IPv4 packet of a record that fits the lane on its way.
 *
 * @param mac where its link header lies.
 * @param reference entry and direction that the look-ahead took for the packet's; 0 for none.
 */
export function express4(record: InputRecord, mac: usize, reference: usize): Passage {
  return pass(4, record, mac, reference);
}

/** The same for IPv6. */
export function express6(record: InputRecord, mac: usize, reference: usize): Passage {
  return pass(6, record, mac, reference);
}

/** @param family known to the compiler, so that this becomes two functions. @inline */
function pass(family: u32, record: InputRecord, mac: usize, reference: usize): Passage {
  if (reference == 0) return Passage.Walks;
  const ct = reference & ~1;
  const direction: u32 = <u32>reference & 1;
  const data = mac + ETHERNET;
  const header = family == 4 ? IPV4 : IPV6;
  const entry = changetype<Entry>(ct);
  const own = ct + direction * 12;
  if (load<u32>(own, 8) != load<u32>(data + header)) return Passage.Walks;
  const protocol: u32 = load<u8>(data + (family == 4 ? 9 : 6));
  if (load<u16>(ct, offsetof<Entry>("protocol")) != <u16>(protocol | (family << 8))) return Passage.Walks;
  if (family == 4) {
    if (load<u64>(own) != load<u64>(data, 12)) return Passage.Walks;
  } else {
    if (!hasAddresses6(ct + ADDRESSES6 + (direction << 5), data)) return Passage.Walks;
  }
  if ((<u32>entry.status & ASKED) != PLAIN) return Passage.Walks;
  if (entry.isExpired) return Passage.Walks;
  if (hasUntoldEvents(entry)) return Passage.Walks;

  const shortcut = shortcutOf(flowHead(ct, direction));
  if (shortcut == 0) return Passage.Walks;
  const known = changetype<Shortcut>(shortcut);
  const ctinfo: u32 = direction == 0 ? CtInfo.Established : CtInfo.EstablishedReply;
  if (known.ctinfo != <u8>ctinfo) return Passage.Walks;
  const status = ctStatus(ct);
  if (known.ctStatus != status) return Passage.Walks;
  if (known.ctMark != ctMark(ct)) return Passage.Walks;
  const length = family == 4 ? load16(data + 2) : load16(data + 4) + IPV6;
  if (!holds(family, known, record, mac, protocol, length)) return Passage.Walks;

  const other = ct + (12 - direction * 12);
  const hasIpvs = family == 4 && ipvsActive(4);
  if (hasIpvs ? !agreesInLane(known, data, direction, other) : known.server != 0) return Passage.Walks;

  const captured = min(record.captured, length);
  const ticks =
    protocol == PROTO_TCP
      ? trackSegment(changetype<TcpEntry>(ct), direction, data, header, length, captured, false)
      : trackDatagram(changetype<UdpEntry>(ct), data, header, length, captured, false);
  if (ticks != NOT_TRACKED) {
    if (keepAlive(entry, ticks)) hasten(entry);
    if (entry.status & ENTRY_ACCOUNTED) addCounts(entry, direction, 1, length);
  }
  if (ticks == NOT_TRACKED || hasIpvs) {
    const packet = wrapLane(family, data, length, captured, protocol, ctinfo);
    if (ticks == NOT_TRACKED) {
      const tracking = trackEstablished(entry, packet);
      if (tracking != Tracking.Accept || ctStatus(ct) != status || entry.isDying || hasUntoldEvents(entry)) {
        passedTracking = tracking;
        passedReference = reference;
        return Passage.Tracked;
      }
    }
    if (known.server != 0) countInLane(packet, direction);
  }
  const out = leave(record, data, known, length, captured, ctinfo);
  if (family == 6) {
    store<u8>(out, load<u8>(data, 7) - 1, 7);
    if (known.isTranslated) translate6(data, out, protocol, own, other, ct + ADDRESSES6 + (32 - (direction << 5)));
  } else if (known.isTranslated) {
    translate(data, out, protocol, own, other);
  } else {
    hop(data, out, HOP_CHANGE);
  }
  if (family == 4 && !hasIpvs) vouch(known);
  return Passage.Left;
}

/** The shortcut held for a packet from the device that was entered last: what of it is true as long as the lane is open is noted. */
function vouch(known: Shortcut): void {
  renewLane();
  if (known.vouched == laneOpening) return;
  known.vouched = laneOpening;
  known.mac = enteredMac << 16;
  known.longest = min(known.mtu, LONGEST_PLAIN);
  known.sameForAll = keyForAll(known.inDevice, known.ctStatus, known.tos);
  known.endingPath = known.path;
  known.endingDevice = <u32>known.outDevice | (Fate.Sent << 16) | (Reason.None << 24);
  known.endingRest = Origin.Received | ((<u32>known.ctinfo) << 8) | ((<u32>known.lookups) << 16);
}

/** What a packet and its connection have to have in common with others that take the same shortcut. @inline */
export function keyForAll(inDevice: u32, ctStatus: u32, tos: u32): u64 {
  return inDevice | ((<u64>(ctStatus | (tos << 16))) << 32);
}

/**
 * Does everything that a shortcut depends on beside the packet's connection hold for it? @param length that its header states.
 * @inline
 */
export function holds(family: u32, known: Shortcut, record: InputRecord, mac: usize, protocol: u32, length: u32): bool {
  const data = mac + ETHERNET;
  const header = family == 4 ? IPV4 : IPV6;
  if (known.generation != flowGeneration()) return false;
  if (known.inDevice != record.device) return false;
  const tos: u32 = family == 4 ? load<u8>(data, 1) : (load16(data) >> 4) & 0xff;
  if (known.tos != tos) return false;
  if (!(device(known.outDevice).flags & DEVICE_UP)) return false;
  if (record.device != enteredDevice) {
    if (!enter(record.device)) return false;
  }
  if ((load<u64>(mac) & MAC_MASK) != enteredMac) return false;
  if (length > record.length) return false;
  if (length < header + (protocol == PROTO_TCP ? 20 : 8)) return false;
  if (length > known.mtu) return false;
  if (family == 4) {
    if (!isHeaderSound(data)) return false;
  }
  if (protocol != PROTO_TCP) return true;
  const flags: u32 = load<u8>(data + header, 13);
  if (flags & TCP_CHANGES) return false;
  return !known.flagsKeyed || known.tcpFlags == <u8>flags;
}

/** @inline */
function hasAddresses6(addresses: usize, data: usize): bool {
  const sources = v128.xor(v128.load(addresses), v128.load(data, 8));
  const destinations = v128.xor(v128.load(addresses, 16), v128.load(data, 24));
  return !v128.any_true(v128.or(sources, destinations));
}

export function wrapLane(family: u32, data: usize, length: u32, captured: u32, protocol: u32, ctinfo: u32): Packet {
  const packet = lane;
  packet.data = data;
  packet.length = length;
  packet.captured = captured;
  packet.family = <u8>family;
  packet.protocol = <u8>protocol;
  packet.ctinfo = <u8>ctinfo;
  packet.transportOffset = family == 4 ? IPV4 : IPV6;
  return packet;
}

/** Device that the last packet came in through, and its address. */
let enteredDevice: u32 = NO_DEVICE;
let enteredMac: u64 = 0;

/** Is it a device of its own, where frames for its address are for the node? */
function enter(number: u32): bool {
  const input = device(number);
  if (!(input.flags & DEVICE_UP) || input.flags & DEVICE_RAW || input.master != NO_DEVICE) return false;
  enteredDevice = number;
  enteredMac = ownMac(input);
  return true;
}

/** The checksum of a header of 20 bytes. @inline */
function isHeaderSound(data: usize): bool {
  const sum =
    <u64>load<u32>(data) + load<u32>(data, 4) + load<u32>(data, 8) + load<u32>(data, 12) + load<u32>(data, 16);
  return foldRaw(sum) == 0xffff;
}

/** What a hop less adds to the header's sum, of words as they lie in memory: the TTL is the first byte of its word. */
export const HOP_CHANGE: u64 = 0xfffe;

/** In the copy `out` of the header; copies are not read again at once, which would wait for what was written. @inline */
export function hop(data: usize, out: usize, change: u64): void {
  store<u8>(out, load<u8>(data, 8) - 1, 8);
  store<u16>(out, adjusted(load<u16>(data, 10), change), 10);
}

/** One hop less, and the tuple becomes the inverse of the connection's other direction. @inline */
export function translate(data: usize, out: usize, protocol: u32, own: usize, other: usize): void {
  const from = load<u64>(own);
  const fromPorts = load<u32>(own, 8);
  const to = rotl<u64>(load<u64>(other), 32);
  const ports = rotl<u32>(load<u32>(other, 8), 16);
  const change = (~from & 0xffffffff) + (~from >> 32) + (to & 0xffffffff) + (to >> 32);
  store<u64>(out, to, 12);
  store<u32>(out, ports, IPV4);
  hop(data, out, change + HOP_CHANGE);
  adjustTransport(data + IPV4, out + IPV4, protocol, change + ~fromPorts + ports);
}

/** @param addresses those of the other direction. */
function translate6(data: usize, out: usize, protocol: u32, own: usize, other: usize, addresses: usize): void {
  let change: u64 = 0;
  for (let i: usize = 8; i < 40; i += 4) {
    const from = load<u32>(data + i);
    change += ~from;
  }
  for (let i: usize = 0; i < 32; i += 4) change += load<u32>(addresses + i);
  v128.store(out, v128.load(addresses, 16), 8);
  v128.store(out, v128.load(addresses), 24);
  const fromPorts = load<u32>(own, 8);
  const ports = rotl<u32>(load<u32>(other, 8), 16);
  store<u32>(out, ports, IPV6);
  adjustTransport(data + IPV6, out + IPV6, protocol, change + ~fromPorts + ports);
}

/** In the copy `out` of the transport header. @inline */
export function adjustTransport(transport: usize, out: usize, protocol: u32, change: u64): void {
  if (protocol == PROTO_TCP) {
    store<u16>(out, adjusted(load<u16>(transport, 16), change), 16);
  } else if (load<u16>(transport, 6) != 0) {
    const sum = adjusted(load<u16>(transport, 6), change);
    store<u16>(out, sum == 0 ? 0xffff : sum, 6);
  }
}

/**
 * RFC 1624, equation 3; a sum that comes to nothing is 0, as the kernel has it. @param change words as they lie in memory.
 * @inline
 */
export function adjusted(checksum: u32, change: u64): u32 {
  // The complement of 16 bits is 0xffff less them.
  return ~foldRaw(change + (0x1fffe - checksum)) & 0xffff;
}

/** Counts the packet, and writes its frame and ending. @returns where the IP header lies in the frame, as it came in. @inline */
export function leave(
  record: InputRecord,
  data: usize,
  known: Shortcut,
  length: u32,
  captured: u32,
  ctinfo: u32,
): usize {
  const count = changetype<PathCount>(known.count);
  count.packets += 1;
  count.bytes += length;
  const linkLength: u32 = known.linkLength;
  const size = (OUTPUT_FRAME_SIZE + linkLength + captured + 7) & ~7;
  const at = frames.append(size);
  const frame = changetype<OutputFrame>(at);
  frame.size = size;
  frame.length = linkLength + captured;
  frame.originalLength = linkLength + length;
  frame.number = record.number;
  frame.timeNs = nowNs;
  frame.device = known.outDevice;
  const out = at + OUTPUT_FRAME_SIZE + linkLength;
  copyLink(at + OUTPUT_FRAME_SIZE, known);
  copyBytes(out, data, captured);
  const ending = appendEnding(Fate.Sent, Reason.None);
  ending.number = record.number;
  ending.path = known.path;
  ending.length = length;
  ending.device = known.outDevice;
  ending.origin = <u8>Origin.Received;
  ending.ctinfo = <u8>ctinfo;
  ending.lookups = known.lookups;
  return out;
}
