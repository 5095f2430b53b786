import type { LinkHeader } from "./link-header.ts";

const AF_INET = 2;
/** AF_INET6 of Linux, Windows, NetBSD and OpenBSD, Solaris, FreeBSD and DragonFly, macOS. */
const AF_INET6 = [10, 23, 24, 26, 28, 30];
const FAMILY_BYTES = 4;

/** Bare IP packets: the version says which. */
export function readRaw(data: Uint8Array, start: number, end: number, link: LinkHeader): void {
  const version = start < end ? data[start] >> 4 : 0;
  if (version === 4 || version === 6) link.family = version;
  else link.reason = "raw packets that are neither IPv4 nor IPv6";
}

/**
 * BSD loopback: the address family in four bytes, in the byte order of the machine that captured (null, type 0) or of
 * the network (loop, type 108). Families are small, so both orders can be told apart.
 */
export function readFamilyLoop(data: Uint8Array, start: number, end: number, link: LinkHeader): void {
  if (end - start < FAMILY_BYTES) {
    link.reason = "shorter than a loopback header";
    return;
  }
  const big = ((data[start] << 24) | (data[start + 1] << 16) | (data[start + 2] << 8) | data[start + 3]) >>> 0;
  const little = ((data[start + 3] << 24) | (data[start + 2] << 16) | (data[start + 1] << 8) | data[start]) >>> 0;
  const family = Math.min(big, little);
  link.macLength = FAMILY_BYTES;
  // Some systems write an ethertype into the second half, something else before it.
  if (family > 0xffff) link.setProtocol(big & 0xffff);
  else setFamily(family, link, "loopback packets that are neither IPv4 nor IPv6");
}

/** Attribute that holds the packet (NFULA_PAYLOAD, linux/netfilter/nfnetlink_log.h). */
const NFULA_PAYLOAD = 9;
const NFLOG_HEADER_BYTES = 4;
const ATTRIBUTE_HEADER_BYTES = 4;

/**
 * Packets of an NFLOG rule: address family, version, resource, then attributes (length, type, value, padding to 4)
 * in the byte order of the machine that captured, which is that of the file; one of them is the packet.
 */
export function readNflog(data: Uint8Array, start: number, end: number, littleEndian: boolean, link: LinkHeader): void {
  const read16 = (at: number) => (littleEndian ? data[at] | (data[at + 1] << 8) : (data[at] << 8) | data[at + 1]);
  let at = start + NFLOG_HEADER_BYTES;
  while (at + ATTRIBUTE_HEADER_BYTES <= end) {
    const length = read16(at);
    if (length < ATTRIBUTE_HEADER_BYTES || at + length > end) break;
    if (read16(at + 2) === NFULA_PAYLOAD) {
      link.macLength = at + ATTRIBUTE_HEADER_BYTES - start;
      link.tailLength = end - (at + length);
      setFamily(data[start], link, "NFLOG packets that are neither IPv4 nor IPv6");
      return;
    }
    at += (length + 3) & ~3;
  }
  link.reason = "NFLOG records without a packet";
}

function setFamily(family: number, link: LinkHeader, otherwise: string): void {
  if (family === AF_INET) link.family = 4;
  else if (AF_INET6.includes(family)) link.family = 6;
  else link.reason = otherwise;
}
