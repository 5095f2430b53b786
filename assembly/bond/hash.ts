import { BondPolicy } from "../abi/bond";
import {
  PROTO_AH,
  PROTO_DCCP,
  PROTO_ESP,
  PROTO_ICMP,
  PROTO_ICMPV6,
  PROTO_SCTP,
  PROTO_TCP,
  PROTO_UDP,
  PROTO_UDPLITE,
} from "../abi/protocol";
import { load16, load32 } from "../packet/bytes";

/**
 * The hash of a frame by which a bond chooses a port (drivers/net/bonding/bond_main.c, __bond_xmit_hash). The outermost VLAN
 * tag is no part of the frame: bonds let cards put it in.
 */

const TYPE: u32 = 12;
const TAG: u32 = 4;
const ETHERNET: u32 = 14;
const ETHERTYPE_IPV4: u32 = 0x0800;
const ETHERTYPE_IPV6: u32 = 0x86dd;
const ETHERTYPE_8021Q: u32 = 0x8100;
const ETHERTYPE_8021AD: u32 = 0x88a8;
const IPV4: u32 = 20;
const IPV6: u32 = 40;
const ICMP: u32 = 8;
/** More fragments, and the offset. */
const FRAGMENT: u32 = 0x3fff;
const UNKNOWN: u32 = 256;

/** What of a packet is hashed (struct flow_keys), as bond_flow_ip reads it. */
let addresses: u32 = 0;
let ports: u32 = 0;
let protocol: u32 = UNKNOWN;

export function frameHash(frame: usize, length: u32, policy: BondPolicy): u32 {
  let type = load16(frame + TYPE);
  let tag: u32 = 0;
  let at: u32 = ETHERNET;
  if ((type == ETHERTYPE_8021Q || type == ETHERTYPE_8021AD) && length >= ETHERNET + TAG) {
    tag = load16(frame + ETHERNET);
    type = load16(frame + TYPE + TAG);
    at += TAG;
  }
  if (policy == BondPolicy.VlanSourceMac) return tag ^ (load32(frame + 6) >> 8) ^ (load32(frame + 8) & 0xffffff);
  const link: u32 = load<u8>(frame + 5) ^ load<u8>(frame + 11) ^ type;
  if (policy == BondPolicy.Layer2) return link;
  const end = frame + length;
  const hasPorts = policy == BondPolicy.Layer34;
  ports = 0;
  protocol = UNKNOWN;
  const transport = readIp(frame + at, end, type, hasPorts);
  if (transport == 0) return link;
  let id: u32 = 0;
  if (protocol == PROTO_ICMP || protocol == PROTO_ICMPV6) {
    id = icmpId(transport, end);
    // The packet that an error quotes is of the same flow.
    if (isError(transport, end) && readIp(transport + ICMP, end, type, hasPorts) == 0) return link;
  }
  const start = hasPorts ? (id != 0 ? id : ports) : link;
  const hash = folded(start ^ addresses);
  return hasPorts ? hash >> 1 : hash;
}

/** @returns where the transport header is, 0 for what is not IP. */
function readIp(ip: usize, end: usize, type: u32, hasPorts: bool): usize {
  let transport: usize;
  if (type == ETHERTYPE_IPV4) {
    if (ip + IPV4 > end) return 0;
    addresses = load<u32>(ip, 12) ^ load<u32>(ip, 16);
    transport = ip + ((load<u8>(ip) & 15) << 2);
    if ((load16(ip + 6) & FRAGMENT) == 0) protocol = load<u8>(ip, 9);
  } else if (type == ETHERTYPE_IPV6) {
    if (ip + IPV6 > end) return 0;
    addresses = wordsOf(ip + 8) ^ wordsOf(ip + 24);
    transport = ip + IPV6;
    protocol = load<u8>(ip, 6);
  } else {
    return 0;
  }
  if (hasPorts && protocol != UNKNOWN) ports = portsAt(transport, end);
  return transport;
}

/** ipv6_addr_hash */
function wordsOf(address: usize): u32 {
  return load<u32>(address) ^ load<u32>(address, 4) ^ load<u32>(address, 8) ^ load<u32>(address, 12);
}

/** __skb_flow_get_ports: AH and ESP have their SPI there. */
function portsAt(transport: usize, end: usize): u32 {
  switch (protocol) {
    case PROTO_TCP:
    case PROTO_UDP:
    case PROTO_DCCP:
    case PROTO_ESP:
    case PROTO_SCTP:
    case PROTO_UDPLITE:
      return transport + 4 <= end ? load<u32>(transport) : 0;
    case PROTO_AH:
      return transport + 8 <= end ? load<u32>(transport, 4) : 0;
    default:
      return 0;
  }
}

/** Type, code and identifier of a message that has one (skb_flow_get_icmp_tci), else 0. It asks both families' types of either. */
function icmpId(icmp: usize, end: usize): u32 {
  if (icmp + ICMP > end) return 0;
  const type = load<u8>(icmp);
  const hasId = type == 0 || type == 8 || type == 13 || type == 14 || type == 128 || type == 129;
  if (!hasId) return 0;
  const id = load16(icmp + 4);
  return load<u16>(icmp) | ((id == 0 ? 1 : id) << 16);
}

/** icmp_is_err, icmpv6_is_err */
function isError(icmp: usize, end: usize): bool {
  if (icmp + ICMP > end) return false;
  const type = load<u8>(icmp);
  if (protocol == PROTO_ICMP) return type == 3 || type == 4 || type == 5 || type == 11 || type == 12;
  return type >= 1 && type <= 4;
}

/** bond_ip_hash */
function folded(hash: u32): u32 {
  const half = hash ^ (hash >> 16);
  return half ^ (half >> 8);
}
