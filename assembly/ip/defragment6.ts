import { Fate, Reason } from "../abi/fate";
import { Verdict } from "../abi/netfilter";
import { PROTO_FRAGMENT, PROTO_ICMPV6, PROTO_NONE, PROTO_TCP, PROTO_UDP } from "../abi/protocol";
import { allocate } from "../memory/allocate";
import { copyAddress, load16 } from "../packet/bytes";
import { seconds } from "../packet/clock";
import { config } from "../packet/config";
import { extensionSize, isExtensionHeader, Packet } from "../packet/packet";
import { isLinkLocal6, isMulticast6 } from "../route/address6";
import { endWalk } from "../trace/output";
import { DefragUser } from "./defrag-user";
import {
  FragKind,
  Fragment,
  FragQueue,
  findQueue,
  Insertion,
  insertFragment,
  keepPacket,
  killQueue,
  memoryOf,
  releasePacket,
} from "./frag-queue";
import { sendIcmpv6Error } from "./icmp6";
import { reassemble } from "./reassemble";

const TIME_EXCEEDED: u32 = 3;
const REASSEMBLY_TIME: u32 = 1;
const PARAMETER_PROBLEM: u32 = 4;
const BAD_HEADER_FIELD: u32 = 0;
const INCOMPLETE_HEADERS: u32 = 3;

const wanted = changetype<FragQueue>(allocate(offsetof<FragQueue>()));

/**
 * Conntrack's reassembly, and IPVS's (nf_ct_frag6_gather, net/ipv6/netfilter/nf_conntrack_reasm.c): what it cannot use it leaves
 * alone.
 */
export function defragment6(packet: Packet, user: DefragUser): Verdict {
  const header = findFragmentHeader(packet);
  if (header == 0 || load16(packet.data + 4) == 0 || lacksTransport(packet, header)) return Verdict.Accept;
  if (header + 8 > packet.captured) return refuse(packet);
  if (memoryOf(FragKind.Conntrack6) > config.frag6HighThresh) return refuse(packet);
  const queue = queueOf(packet, header, FragKind.Conntrack6, user, seconds(config.frag6Timeout));
  return enter(queue, packet, header, false);
}

/**
 * The stack's own (ipv6_frag_rcv, net/ipv6/reassembly.c) complains. Answers like {@link defragment6}.
 * @param header offset of the fragment header, which is all there.
 */
export function reassembleDelivered6(packet: Packet, header: u32): Verdict {
  if (lacksTransport(packet, header)) return complain(packet, INCOMPLETE_HEADERS, 0);
  if (memoryOf(FragKind.Ipv6) > config.ip6fragHighThresh) return refuse(packet);
  const queue = queueOf(packet, header, FragKind.Ipv6, DefragUser.Local, seconds(config.ip6fragTime));
  return enter(queue, packet, header, true);
}

/** find_prev_fhdr: @returns the offset of the fragment header, 0 when there is none. */
function findFragmentHeader(packet: Packet): u32 {
  let next: u32 = load<u8>(packet.data, 6);
  let at: u32 = 40;
  while (next != PROTO_FRAGMENT) {
    if (!isExtensionHeader(next) || next == PROTO_NONE || at + 2 > packet.captured) return 0;
    const length = extensionSize(next, packet.data + at);
    next = load<u8>(packet.data + at);
    at += length;
  }
  return at <= packet.length ? at : 0;
}

/** Must a first fragment be thrown away because its transport header is not all in it (ipv6frag_thdr_truncated)? */
function lacksTransport(packet: Packet, header: u32): bool {
  if (header + 4 > packet.captured) return false;
  if (load16(packet.data + header + 2) & ~7) return false;
  let next: u32 = load<u8>(packet.data + header);
  let at = header + 8;
  while (isExtensionHeader(next)) {
    if (next == PROTO_NONE || at + 2 > packet.captured) return false;
    const extension = packet.data + at;
    if (next == PROTO_FRAGMENT && (at + 4 > packet.captured || load16(extension + 2) & ~7)) return false;
    at += extensionSize(next, extension);
    next = load<u8>(extension);
  }
  return at + transportSize(next) > packet.length;
}

function transportSize(protocol: u32): u32 {
  if (protocol == PROTO_TCP) return 20;
  return protocol == PROTO_UDP || protocol == PROTO_ICMPV6 ? 8 : 1;
}

function queueOf(packet: Packet, header: u32, kind: FragKind, user: DefragUser, timeout: u64): FragQueue {
  memory.fill(changetype<usize>(wanted), 0, offsetof<FragQueue>());
  copyAddress(changetype<usize>(wanted) + offsetof<FragQueue>("source0"), packet.source, 6);
  copyAddress(changetype<usize>(wanted) + offsetof<FragQueue>("destination0"), packet.destination, 6);
  wanted.id = load<u32>(packet.data + header, 4);
  wanted.user = user;
  wanted.kind = <u8>kind;
  const isScoped = isMulticast6(packet.destination) || isLinkLocal6(packet.destination);
  wanted.scopeDevice = isScoped ? <u16>packet.inDevice : 0;
  return findQueue(wanted, timeout);
}

/** nf_ct_frag6_queue, ip6_frag_queue */
function enter(queue: FragQueue, packet: Packet, header: u32, isStack: bool): Verdict {
  const field = load16(packet.data + header + 2);
  const payload = load16(packet.data + 4);
  const offset = field & 0xfff8;
  const end = offset + payload + 40 - (header + 8);
  if (end > 65535) return isStack ? complain(packet, BAD_HEADER_FIELD, header + 2) : refuse(packet);
  if (!(field & 1)) {
    if (end < queue.length || (queue.lastIn && end != queue.length)) return reject(queue, packet, isStack);
    queue.lastIn = 1;
    queue.length = end;
  } else {
    if (end & 7) {
      if (isStack) return complain(packet, BAD_HEADER_FIELD, 4);
      killQueue(queue);
      return Verdict.Accept;
    }
    if (end > queue.length) {
      if (queue.lastIn) return reject(queue, packet, isStack);
      queue.length = end;
    }
  }
  if (end == offset) return reject(queue, packet, isStack);
  const insertion = insertFragment(queue, packet, header + 8, offset, end);
  if (insertion == Insertion.Duplicate) return refuse(packet);
  if (insertion == Insertion.Overlap) return reject(queue, packet, true);
  queue.inDevice = packet.inDevice;
  queue.ecn |= <u8>((<u32>1) << (packet.tos & 3));
  const size = isStack ? header + 8 + end - offset : payload;
  if (size > queue.maxSize) queue.maxSize = size;
  if (offset == 0) queue.firstIn = 1;
  return finish(queue, packet, isStack);
}

function finish(queue: FragQueue, packet: Packet, isStack: bool): Verdict {
  if (!queue.firstIn || !queue.lastIn || queue.meat != queue.length) {
    endWalk(packet, Fate.Queued, Reason.None);
    keepPacket(packet);
    return Verdict.Stolen;
  }
  if (reassemble(queue, packet, !isStack) != Reason.None) return refuse(packet);
  if (!isStack) packet.ignoreDf = 1;
  return Verdict.Accept;
}

/** The packet is wrong. The stack gives the whole queue up, conntrack only for an overlap. */
function reject(queue: FragQueue, packet: Packet, withQueue: bool): Verdict {
  if (withQueue) killQueue(queue);
  return refuse(packet);
}

function refuse(packet: Packet): Verdict {
  endWalk(packet, Fate.Dropped, Reason.Fragment);
  releasePacket(packet);
  return Verdict.Drop;
}

function complain(packet: Packet, code: u32, pointer: u32): Verdict {
  sendIcmpv6Error(packet, PARAMETER_PROBLEM, code, pointer);
  return refuse(packet);
}

/** ip6frag_expire_frag_queue: the sender is told if its first fragment came. */
export function expire6(queue: FragQueue): void {
  if (queue.firstIn) {
    const first = changetype<Fragment>(queue.first).packet;
    first.inDevice = queue.inDevice;
    sendIcmpv6Error(first, TIME_EXCEEDED, REASSEMBLY_TIME, 0);
  }
  killQueue(queue);
}
