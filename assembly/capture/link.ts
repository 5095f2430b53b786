import { LinkForm } from "../abi/capture";
import { load16, load32 } from "../packet/bytes";
import { InputRecord } from "../packet/input-record";

/** What the link header of a record says (src/capture/link.ts has the same rules, and names what cannot be read). */
@unmanaged
export class LinkHeader {
  /** Where the addresses lie; 0 where there are none. */
  destination: usize;
  source: usize;
  /** 4 or 6. */
  family: u32;
  /** Bytes before the IP header, VLAN tags included. */
  macLength: u32;
  /** As in `struct sockaddr_ll`, where the header states it, else 0. */
  packetType: u32;
  /** Interface index that the header states, 0 for none. */
  ifindex: u32;
  tagCount: u32;
}

export const linkHeader = changetype<LinkHeader>(memory.data(offsetof<LinkHeader>(), 8));
const MOST_TAGS: u32 = 8;
export const TAG_SIZE: u32 = 4;
const tags: usize = memory.data(8 * 4, 8);

/** The protocol of a tag, the outermost has number 0, << 16 | its TCI. */
export function tagAt(i: u32): u32 {
  return load<u32>(tags + (i << 2));
}

const ETHERNET: u32 = 14;
/** struct sll_header: packet type, ARPHRD, address length, 8 bytes of address, protocol. */
const SLL: u32 = 16;
/** struct sll2_header: protocol, 2 bytes reserved, interface index, ARPHRD, packet type, address length, 8 of address. */
const SLL2: u32 = 20;
const FAMILY: u32 = 4;
const MAC_LENGTH: u32 = 6;
const ETH_P_IP: u32 = 0x0800;
const ETH_P_IPV6: u32 = 0x86dd;
const ETH_P_8021Q: u32 = 0x8100;
const ETH_P_8021AD: u32 = 0x88a8;

/** Reads the header of a record into {@link linkHeader}. @returns whether it is an IP packet. */
export function readLink(record: InputRecord, form: LinkForm): bool {
  const link = linkHeader;
  const frame = record.frame;
  const captured = record.captured;
  link.destination = 0;
  link.source = 0;
  link.family = 0;
  link.macLength = 0;
  link.packetType = 0;
  link.ifindex = 0;
  link.tagCount = 0;
  switch (form) {
    case LinkForm.Ethernet:
      if (captured < ETHERNET) return false;
      link.destination = frame;
      link.source = frame + MAC_LENGTH;
      readTags(link, frame, load16(frame + 12), ETHERNET, captured);
      break;
    case LinkForm.Sll:
      if (captured < SLL) return false;
      link.packetType = load16(frame);
      if (load16(frame + 4) == MAC_LENGTH) link.source = frame + 6;
      readTags(link, frame, load16(frame + 14), SLL, captured);
      break;
    case LinkForm.Sll2:
      if (captured < SLL2) return false;
      link.ifindex = load32(frame + 4);
      link.packetType = load<u8>(frame, 10);
      if (load<u8>(frame, 11) == MAC_LENGTH) link.source = frame + 12;
      readTags(link, frame, load16(frame), SLL2, captured);
      break;
    case LinkForm.Raw:
      if (captured != 0) setVersion(link, load<u8>(frame) >> 4);
      break;
    case LinkForm.Ipv4:
      link.family = 4;
      break;
    case LinkForm.Ipv6:
      link.family = 6;
      break;
    case LinkForm.Family:
      if (captured < FAMILY) return false;
      link.macLength = FAMILY;
      readFamily(link, load32(frame));
      break;
    default:
      return false;
  }
  return link.family != 0;
}

function readTags(link: LinkHeader, frame: usize, outer: u32, behind: u32, captured: u32): void {
  let protocol = outer;
  let at = behind;
  while (protocol == ETH_P_8021Q || protocol == ETH_P_8021AD) {
    if (at + TAG_SIZE > captured || link.tagCount == MOST_TAGS) return;
    store<u32>(tags + (link.tagCount << 2), (protocol << 16) | load16(frame + at));
    link.tagCount += 1;
    protocol = load16(frame + at + 2);
    at += TAG_SIZE;
  }
  link.macLength = at;
  setProtocol(link, protocol);
}

function setProtocol(link: LinkHeader, protocol: u32): void {
  if (protocol == ETH_P_IP) link.family = 4;
  else if (protocol == ETH_P_IPV6) link.family = 6;
}

function setVersion(link: LinkHeader, version: u32): void {
  if (version == 4 || version == 6) link.family = version;
}

/** BSD loopback: a family in the byte order of the machine that captured, or of the network; it is small, so that both can be told. */
function readFamily(link: LinkHeader, big: u32): void {
  const family = min(big, bswap<u32>(big));
  // Some systems write an ethertype into the second half, something else before it.
  if (family > 0xffff) setProtocol(link, big & 0xffff);
  else if (family == 2) link.family = 4;
  else if (isInet6(family)) link.family = 6;
}

/** AF_INET6 of Linux, Windows, NetBSD and OpenBSD, Solaris, FreeBSD and DragonFly, macOS. */
function isInet6(family: u32): bool {
  return family == 10 || family == 23 || family == 24 || family == 26 || family == 28 || family == 30;
}

/**
 * Takes the VLAN tags out of a frame (skb_reorder_vlan_header): what stands before them moves over them.
 *
 * @returns bytes of link header that are left.
 */
export function removeTags(record: InputRecord, form: LinkForm): u32 {
  const link = linkHeader;
  const removed = link.tagCount * TAG_SIZE;
  const header = link.macLength - removed;
  const from = record.frame;
  const to = from + removed;
  if (form == LinkForm.Sll2) {
    memory.copy(to, from, header);
    store<u16>(to, bswap<u16>(<u16>(link.family == 4 ? ETH_P_IP : ETH_P_IPV6)));
  } else memory.copy(to, from, header - 2);
  record.frame = to;
  return header;
}
