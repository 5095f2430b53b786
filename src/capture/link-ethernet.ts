import type { LinkHeader } from "./link-header.ts";

const ETH_P_8021Q = 0x8100;
const ETH_P_8021AD = 0x88a8;
const ETHERNET_HEADER_BYTES = 14;
const TAG_BYTES = 4;

/** Destination, source, then type or tags and type. */
export function readEthernet(data: Uint8Array, start: number, end: number, link: LinkHeader): void {
  if (end - start < ETHERNET_HEADER_BYTES) {
    link.reason = "shorter than an Ethernet header";
    return;
  }
  link.destinationMac = start;
  link.sourceMac = start + 6;
  readProtocol(data, start, start + 12, end, link);
}

/** struct sll_header: packet type, ARPHRD, address length, 8 bytes of address, protocol. */
const SLL_HEADER_BYTES = 16;

export function readSll(data: Uint8Array, start: number, end: number, link: LinkHeader): void {
  if (end - start < SLL_HEADER_BYTES) {
    link.reason = "shorter than its cooked header (SLL)";
    return;
  }
  link.packetType = (data[start] << 8) | data[start + 1];
  if (((data[start + 4] << 8) | data[start + 5]) === 6) link.sourceMac = start + 6;
  readProtocol(data, start, start + 14, end, link);
}

/** struct sll2_header: protocol, 2 bytes reserved, interface index, ARPHRD, packet type, address length, 8 of address. */
const SLL2_HEADER_BYTES = 20;

export function readSll2(data: Uint8Array, start: number, end: number, link: LinkHeader): void {
  if (end - start < SLL2_HEADER_BYTES) {
    link.reason = "shorter than its cooked header (SLL2)";
    return;
  }
  link.ifindex = ((data[start + 4] << 24) | (data[start + 5] << 16) | (data[start + 6] << 8) | data[start + 7]) >>> 0;
  link.packetType = data[start + 10];
  if (data[start + 11] === 6) link.sourceMac = start + 12;
  const protocol = (data[start] << 8) | data[start + 1];
  readTags(data, start, protocol, start + SLL2_HEADER_BYTES, end, link);
}

function readProtocol(data: Uint8Array, start: number, at: number, end: number, link: LinkHeader): void {
  readTags(data, start, (data[at] << 8) | data[at + 1], at + 2, end, link);
}

/** @param behind first byte behind the protocol field: the IP header, or the rest of a tag. */
function readTags(
  data: Uint8Array,
  start: number,
  outerProtocol: number,
  behind: number,
  end: number,
  link: LinkHeader,
): void {
  let protocol = outerProtocol;
  let at = behind;
  while (protocol === ETH_P_8021Q || protocol === ETH_P_8021AD) {
    if (at + TAG_BYTES > end) {
      link.reason = "cut off inside a VLAN tag";
      return;
    }
    if (!link.addTag(protocol, (data[at] << 8) | data[at + 1])) {
      link.reason = "more than 8 VLAN tags";
      return;
    }
    protocol = (data[at + 2] << 8) | data[at + 3];
    at += TAG_BYTES;
  }
  link.macLength = at - start;
  link.setProtocol(protocol);
}
