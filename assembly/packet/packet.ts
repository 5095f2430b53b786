import { CtInfo } from "../abi/conntrack";
import {
  PROTO_AH,
  PROTO_DSTOPTS,
  PROTO_ESP,
  PROTO_FRAGMENT,
  PROTO_HOPOPTS,
  PROTO_NONE,
  PROTO_ROUTING,
} from "../abi/protocol";
import { allocate } from "../memory/allocate";
import { Pool } from "../memory/pool";
import { load16 } from "./bytes";

/** The header chain leads out of the packet. */
export const CHAIN_BROKEN: u8 = 1;
/** A later fragment continues with what would be another extension header: ipv6_find_hdr() finds no transport header. */
export const CHAIN_ENDS_IN_FRAGMENT: u8 = 2;

/** Room before the data of a packet that the core made, for the outside of a tunnel. */
export const HEADROOM: u32 = 128;

/**
 * A packet on its way: the kernel's sk_buff, reduced to what decides something.
 *
 * ```text
 *   mac            data            data + transportOffset                data + captured    data + length
 *    | link header  | IP header     | transport header | payload ...      | (cut by the      |
 *                                                                           capture's snaplen)
 * ```
 * Received packets lie in the host's chunk and are rewritten in place; packets that the core made own a buffer.
 */
@unmanaged
export class Packet {
  /** First byte of the IP header. */
  data: usize;
  /** Length of the IP packet, as the kernel sees it (skb->len). */
  length: u32;
  /** Bytes of it that are really there; smaller than `length` where the capture cut the packet. */
  captured: u32;
  /** 4 or 6. */
  family: u8;
  /** Transport protocol; for IPv6 the last header of the chain (ipv6_find_hdr). */
  protocol: u8;
  /** A `PacketType`. */
  packetType: u8;
  /** A `CtInfo`; meaningful with `ct`, or `Untracked` without. */
  ctinfo: u8;
  /** The transport header, from `data`. */
  transportOffset: u32;
  /** Fragment offset in bytes; 0 for whole packets and first fragments. */
  fragmentOffset: u32;
  /** Is this a fragment with more to follow? */
  moreFragments: u8;
  /** IPv6: can the header chain not be parsed? {@link CHAIN_BROKEN} or {@link CHAIN_ENDS_IN_FRAGMENT}. */
  brokenChain: u8;
  /** An `Origin`. */
  origin: u8;
  /** Did IPVS handle it (skb->ipvs_property)? */
  ipvsProperty: u8;
  /** Its conntrack entry (an address), or 0. */
  ct: usize;
  /** The template that a CT rule attached (an address), or 0. */
  template: usize;
  mark: u32;
  priority: u32;
  /** Device where it came in, and the link header as captured (0: none). */
  inDevice: u32;
  mac: usize;
  macLength: u32;
  // What routing decided; valid while `routed`, which is `ROUTED_AGAIN` after `reroute`.
  routed: u8;
  /** A `RouteResult`. */
  routeResult: u8;
  /** A `RouteType`. */
  routeType: u8;
  /** Family of the gateway that is the next hop, 0 when it is the destination itself. */
  viaGateway: u8;
  outDevice: u32;
  routeMtu: u32;
  nextHop0: u64;
  nextHop1: u64;
  /** Preferred source address of the route, or zero. */
  prefSource0: u64;
  prefSource1: u64;
  /** Route realm, for -m realm. */
  realm: u32;
  /** Largest fragment that a reassembled packet came in (IPCB(skb)->frag_max_size), 0 for others. */
  fragMaxSize: u32;
  /** Did the largest fragment carry DF (IPSKB_FRAG_PMTU)? */
  fragDf: u8;
  /** Is the transport checksum only the pseudo-header's sum (CHECKSUM_PARTIAL)? */
  partialChecksum: u8;
  /** Did conntrack or nat find the transport checksum right (skb->csum_valid)? SCTP's does not count. */
  checksumValid: u8;
  /** Is it on its second pass, from lo? */
  loopedBack: u8;
  /** May it be fragmented in spite of DF (skb->ignore_df)? */
  ignoreDf: u8;
  /** Offloads: an aggregate of several segments (GSO/GRO), exempt from "too big" and checksum tests. */
  aggregate: u8;
  /** Was it redirected to leave where it came in (IPSKB_DOREDIRECT)? */
  doRedirect: u8;
  /** Already ended: every end is reported once. */
  ended: u8;
  /** IPv4 options that forwarding fills in (struct ip_options): offsets from `data`, 0 for none, and `OPT_*` flags. */
  optRecordRoute: u8;
  optTimestamp: u8;
  optSourceRoute: u8;
  optSecurity: u8;
  optFlags: u8;
  /** Next stop of a source route. */
  optNextHop: u32;
  /** The list of sizes of the fragments that it was made of; see ip/defragment. */
  fragments: usize;
  /**
   * IPv6, reassembled by conntrack: where the fragment header was. The kernel's walk over the headers of a delivered packet
   * begins there, with the first header's number; 0 for others.
   */
  deliveryOffset: u32;
  /**
   * Of a frame that came in through a bridge whose packets pass the IP hooks (struct nf_bridge_info): the port where it came
   * in (physindev); where it is being bridged, also the port that it leaves through (physoutdev). 0 for none.
   */
  bridgeIn: u32;
  bridgeOut: u32;
  /** The input packet (1-based record number) that caused it. */
  number: u32;
  /** The path walked so far. */
  path: u32;
  /** Buffer that the packet owns, 0 for packets in the host's chunk. */
  buffer: usize;
  bufferSize: u32;
  /** Link in a queue. */
  next: usize;

  get source(): usize {
    return this.data + (this.family == 4 ? 12 : 8);
  }

  get destination(): usize {
    return this.data + (this.family == 4 ? 16 : 24);
  }

  get addressSize(): u32 {
    return this.family == 4 ? 4 : 16;
  }

  get transport(): usize {
    return this.data + this.transportOffset;
  }

  /** Bytes from the transport header to the end of the packet, as the kernel sees it. */
  get transportLength(): u32 {
    return this.length > this.transportOffset ? this.length - this.transportOffset : 0;
  }

  /** Are `size` bytes of the transport header part of the packet? */
  hasTransport(size: u32): bool {
    return this.transportOffset + size <= this.length;
  }

  /** Were they captured, too? */
  hasCaptured(size: u32): bool {
    return this.transportOffset + size <= this.captured;
  }

  get isFragment(): bool {
    return this.fragmentOffset != 0 || this.moreFragments != 0;
  }

  get ttl(): u32 {
    return this.family == 4 ? load<u8>(this.data, 8) : load<u8>(this.data, 7);
  }

  /** TOS, or traffic class. */
  get tos(): u32 {
    if (this.family == 4) return load<u8>(this.data, 1);
    return (load16(this.data) >> 4) & 0xff;
  }

  get isReply(): bool {
    return this.ctinfo >= <u8>CtInfo.EstablishedReply && this.ctinfo != CtInfo.Untracked;
  }

  /** Without entry and not untracked on purpose: what matches call INVALID. */
  get isInvalid(): bool {
    return this.ct == 0 && this.ctinfo != CtInfo.Untracked;
  }
}

const packets = Pool.create(offsetof<Packet>());

/** Sizes of own buffers; a packet gets the smallest that fits. */
const smallBuffers = Pool.create(2048);
const largeBuffers = Pool.create(HEADROOM + 65536 + 64);
const SMALL: u32 = 2048;

/** A packet that lies in somebody else's memory. */
export function wrapPacket(data: usize, length: u32, captured: u32): Packet {
  const packet = changetype<Packet>(packets.take());
  packet.data = data;
  packet.length = length;
  packet.captured = captured;
  return packet;
}

/** A packet with a buffer of its own: `length` bytes of zeros after the headroom. */
export function newPacket(length: u32): Packet {
  const packet = changetype<Packet>(packets.take());
  const needed = HEADROOM + length;
  if (needed <= SMALL) {
    packet.buffer = smallBuffers.take();
    packet.bufferSize = SMALL;
  } else {
    packet.buffer = largeBuffers.take();
    packet.bufferSize = HEADROOM + 65536 + 64;
  }
  packet.data = packet.buffer + HEADROOM;
  packet.length = length;
  packet.captured = length;
  return packet;
}

/** Frees the packet and its buffer. Its conntrack reference must have been given back. */
export function freePacket(packet: Packet): void {
  if (packet.buffer != 0) (packet.bufferSize == SMALL ? smallBuffers : largeBuffers).give(packet.buffer);
  packets.give(changetype<usize>(packet));
}

/** Moves the packet's bytes into a buffer of its own that has room for `extra` more bytes at its end. */
export function ownBuffer(packet: Packet, extra: u32): void {
  if (packet.buffer != 0 && packet.data + packet.length + extra <= packet.buffer + packet.bufferSize) return;
  const copy = newPacket(packet.length + extra);
  memory.copy(copy.data, packet.data, packet.captured);
  const oldBuffer = packet.buffer;
  const oldSize = packet.bufferSize;
  packet.buffer = copy.buffer;
  packet.bufferSize = copy.bufferSize;
  packet.data = copy.data;
  packets.give(changetype<usize>(copy));
  if (oldBuffer != 0) (oldSize == SMALL ? smallBuffers : largeBuffers).give(oldBuffer);
}

/** Packets alive: 0 between two calls of the host, but for fragments that wait. */
export function livePackets(): u32 {
  return packets.live;
}

/** Finds the transport header and the fragment fields anew, after the packet's headers changed. */
export function parseTransport(packet: Packet): void {
  if (packet.family == 4) parseIpv4(packet);
  else if (packet.family == 6) parseIpv6(packet);
}

function parseIpv4(packet: Packet): void {
  const data = packet.data;
  const fragment = load16(data + 6);
  packet.protocol = load<u8>(data, 9);
  packet.transportOffset = (<u32>load<u8>(data) & 15) * 4;
  packet.fragmentOffset = (fragment & 0x1fff) * 8;
  packet.moreFragments = (fragment & 0x2000) != 0 ? 1 : 0;
  packet.brokenChain = 0;
}

/** Walks the extension headers as ipv6_find_hdr(-1) does (net/ipv6/exthdrs_core.c). */
function parseIpv6(packet: Packet): void {
  const data = packet.data;
  let next: u32 = load<u8>(data, 6);
  let offset: u32 = 40;
  packet.fragmentOffset = 0;
  packet.moreFragments = 0;
  packet.brokenChain = 0;
  while (isExtensionHeader(next)) {
    if (next == PROTO_NONE || next == PROTO_ESP) break;
    // The kernel looks at no more of a header than it needs: a last one may reach beyond the packet's end.
    if (offset + (next == PROTO_FRAGMENT || next == PROTO_ROUTING ? 4 : 2) > packet.captured) {
      packet.brokenChain = CHAIN_BROKEN;
      break;
    }
    const header = data + offset;
    let size: u32;
    if (next == PROTO_FRAGMENT) {
      const field = load16(header + 2);
      packet.fragmentOffset = field & ~7;
      packet.moreFragments = <u8>(field & 1);
      size = 8;
      if (packet.fragmentOffset != 0) {
        // A later fragment: what follows is payload. Its protocol is the fragment header's next header.
        const behind: u32 = load<u8>(header);
        if (isExtensionHeader(behind) && behind != PROTO_NONE) packet.brokenChain = CHAIN_ENDS_IN_FRAGMENT;
        packet.protocol = <u8>behind;
        packet.transportOffset = offset;
        return;
      }
    } else if (next == PROTO_AH) {
      size = (<u32>load<u8>(header, 1) + 2) << 2;
    } else {
      size = (<u32>load<u8>(header, 1) + 1) << 3;
    }
    next = load<u8>(header);
    offset += size;
  }
  packet.protocol = <u8>next;
  packet.transportOffset = offset;
}

/** ipv6_ext_hdr(): headers that may stand between the IPv6 header and the transport header. */
export function isExtensionHeader(protocol: u32): bool {
  return (
    protocol == PROTO_HOPOPTS ||
    protocol == PROTO_ROUTING ||
    protocol == PROTO_FRAGMENT ||
    protocol == PROTO_AH ||
    protocol == PROTO_NONE ||
    protocol == PROTO_DSTOPTS
  );
}

/** Bytes of an extension header. */
export function extensionSize(kind: u32, header: usize): u32 {
  if (kind == PROTO_FRAGMENT) return 8;
  const length: u32 = load<u8>(header, 1);
  return kind == PROTO_AH ? (length + 2) << 2 : (length + 1) << 3;
}

/** Scratch that nothing keeps beyond a call: two addresses. */
export const scratchAddress: usize = allocate(32);
