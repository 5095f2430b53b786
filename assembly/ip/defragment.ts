import { Fate, Reason } from "../abi/fate";
import { Verdict } from "../abi/netfilter";
import { RouteResult, RouteType } from "../abi/route";
import { allocate } from "../memory/allocate";
import { load16 } from "../packet/bytes";
import { seconds } from "../packet/clock";
import { config } from "../packet/config";
import { Packet } from "../packet/packet";
import { routeInput } from "../route/index";
import { endWalk } from "../trace/output";
import { DefragUser } from "./defrag-user";
import { defragment6, expire6 } from "./defragment6";
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
  nextDue,
  releasePacket,
  restartQueue,
} from "./frag-queue";
import { sendIcmpError } from "./icmp";
import { findPeer } from "./peer";
import { reassemble } from "./reassemble";

export { DefragUser } from "./defrag-user";

const TIME_EXCEEDED: u32 = 11;
const REASSEMBLY_TIME: u32 = 1;
const DONT_FRAGMENT: u32 = 0x4000;
const MORE_FRAGMENTS: u32 = 0x2000;

const wanted = changetype<FragQueue>(allocate(offsetof<FragQueue>()));
const address = allocate(16);

/**
 * Keeps a fragment until its datagram is whole (ip_defrag, nf_ct_frag6_gather).
 * @returns Accept: not a fragment, or the packet is now the whole datagram; Stolen: kept, the walk ends; Drop: the packet or
 * its whole queue was given up. After Stolen and Drop the packet is gone, its end reported.
 */
export function defragment(packet: Packet, user: DefragUser): Verdict {
  if (packet.family == 6) return defragment6(packet, user);
  return packet.isFragment ? defragment4(packet, user) : Verdict.Accept;
}

/** ip_defrag (net/ipv4/ip_fragment.c) */
function defragment4(packet: Packet, user: DefragUser): Verdict {
  if (memoryOf(FragKind.Ipv4) > config.ipfragHighThresh) return refuse(packet);
  const queue = queueOf(packet, user);
  if (isTooFar(queue)) restartQueue(queue, seconds(config.ipfragTime));
  const header: u32 = (<u32>load<u8>(packet.data) & 15) * 4;
  const field = load16(packet.data + 6);
  const offset = (field & 0x1fff) * 8;
  let end = offset + packet.length - header;
  if (!(field & MORE_FRAGMENTS)) {
    if (end < queue.length || (queue.lastIn && end != queue.length)) return giveUp(queue, packet);
    queue.lastIn = 1;
    queue.length = end;
  } else {
    end &= ~7;
    if (end > queue.length) {
      if (queue.lastIn) return giveUp(queue, packet);
      queue.length = end;
    }
  }
  if (end == offset) return giveUp(queue, packet);
  trim(packet, header + end - offset);
  const insertion = insertFragment(queue, packet, header, offset, end);
  if (insertion == Insertion.Duplicate) return refuse(packet);
  if (insertion == Insertion.Overlap) return giveUp(queue, packet);
  note(queue, packet, header + end - offset, field);
  if (offset == 0) queue.firstIn = 1;
  return finish(queue, packet, user);
}

/** A piece that is not the last loses what is behind its last whole eight bytes (pskb_trim_rcsum). */
function trim(packet: Packet, length: u32): void {
  packet.length = min(packet.length, length);
  packet.captured = min(packet.captured, length);
}

function queueOf(packet: Packet, user: DefragUser): FragQueue {
  memory.fill(changetype<usize>(wanted), 0, offsetof<FragQueue>());
  wanted.source0 = load<u32>(packet.source);
  wanted.destination0 = load<u32>(packet.destination);
  wanted.id = load<u16>(packet.data, 4);
  wanted.protocol = load<u8>(packet.data, 9);
  wanted.user = user;
  wanted.kind = <u8>FragKind.Ipv4;
  return findQueue(wanted, seconds(config.ipfragTime));
}

/** Have more than 64 other fragments of the source come since the queue's last one (ip_frag_too_far)? */
function isTooFar(queue: FragQueue): bool {
  const most = config.ipfragMaxDist;
  if (most == 0) return false;
  store<u64>(address, queue.source0);
  store<u64>(address, 0, 8);
  const peer = findPeer(4, address);
  const before = queue.peerCount;
  peer.fragments += 1;
  queue.peerCount = peer.fragments;
  return queue.tail != 0 && peer.fragments - before > most;
}

function note(queue: FragQueue, packet: Packet, size: u32, field: u32): void {
  queue.inDevice = packet.inDevice;
  queue.ecn |= <u8>((<u32>1) << (packet.tos & 3));
  if (size > queue.maxSize) queue.maxSize = size;
  if (field & DONT_FRAGMENT && size > queue.maxDfSize) queue.maxDfSize = size;
}

function finish(queue: FragQueue, packet: Packet, user: DefragUser): Verdict {
  if (!queue.firstIn || !queue.lastIn || queue.meat != queue.length) {
    endWalk(packet, Fate.Queued, Reason.None);
    keepPacket(packet);
    return Verdict.Stolen;
  }
  const reason = reassemble(queue, packet, user != DefragUser.Local);
  if (reason != Reason.None) return refuse(packet);
  if (user == DefragUser.ConntrackIn || user == DefragUser.ConntrackOut) packet.ignoreDf = 1;
  return Verdict.Accept;
}

function refuse(packet: Packet): Verdict {
  endWalk(packet, Fate.Dropped, Reason.Fragment);
  releasePacket(packet);
  return Verdict.Drop;
}

function giveUp(queue: FragQueue, packet: Packet): Verdict {
  killQueue(queue);
  return refuse(packet);
}

/** Fragment queues whose time has come. */
export function expireFragments(): void {
  for (let at = nextDue(); at != 0; at = nextDue()) {
    const queue = changetype<FragQueue>(at);
    if (queue.kind == FragKind.Ipv4) expire4(queue);
    else expire6(queue);
  }
}

/** ip_expire: whoever sent the first fragment is told; by routers only for packets to themselves. */
function expire4(queue: FragQueue): void {
  if (queue.firstIn) {
    const first = changetype<Fragment>(queue.first).packet;
    first.inDevice = queue.inDevice;
    const result = routeInput(first);
    const isEnd = result == RouteResult.Local && first.routeType == RouteType.Local;
    const usable = isEnd || result == RouteResult.Forward || result == RouteResult.Broadcast;
    const isHook = queue.user == DefragUser.ConntrackIn;
    if (usable && (isEnd || !isHook)) sendIcmpError(first, TIME_EXCEEDED, REASSEMBLY_TIME, 0);
  }
  killQueue(queue);
}
