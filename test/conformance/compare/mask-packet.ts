import { isIcmpError, SCTP, TCP, UDP, uint16, viewOf } from "./ip-view.ts";
import type { Mask, Masks } from "./mask-names.ts";

/** A packet with the masked fields zeroed. */
export interface MaskedPacket {
  readonly bytes: Uint8Array;
  /** What is wrong with a field that is not compared but has to be right all the same. */
  readonly fault?: string;
}

/** IPv6 headers that may stand before a fragment header: hop-by-hop options, routing, destination options. */
const BEFORE_FRAGMENT: ReadonlySet<number> = new Set([0, 43, 60]);
const FRAGMENT = 44;
const IPIP = 4;
const IPV6_IN_IPV4 = 41;

/** Zeroes what the masks name in a raw IP packet. Header checksums over a masked field are verified first. */
export function maskPacket(packet: Uint8Array, masks: Masks): MaskedPacket {
  if (masks.size === 0 || packet.length < 20) return { bytes: packet };
  let bytes: Uint8Array = Uint8Array.from(packet);
  let fault: string | undefined;
  if (bytes[0]! >> 4 === 4) {
    fault = maskIpv4Header(bytes, masks);
    const inner = maskTunnelled(bytes, masks);
    if (inner) {
      bytes = inner.bytes;
      fault ??= inner.fault;
    }
  } else {
    maskIpv6Header(bytes, masks);
  }
  const view = viewOf(bytes);
  if (!view || view.fragmentOffset > 0) return { bytes, fault };
  maskTransport(bytes, view.transport, view.protocol, masks);
  if (masks.has("icmp-quote") && bytes.length >= view.transport + 8 && isIcmpError(view, bytes)) {
    bytes = withoutQuote(bytes, view.transport);
  }
  return { bytes, fault };
}

function maskIpv4Header(bytes: Uint8Array, masks: Masks): string | undefined {
  let fault: string | undefined;
  if (masks.has("ip-id")) {
    if (!checksumIsRight(bytes.subarray(0, (bytes[0]! & 15) * 4))) fault = "bad IPv4 header checksum";
    zero(bytes, 4, 2);
    zero(bytes, 10, 2);
  }
  return fault;
}

function maskTunnelled(bytes: Uint8Array, masks: Masks): MaskedPacket | undefined {
  const headerLength = (bytes[0]! & 15) * 4;
  if (![IPIP, IPV6_IN_IPV4].includes(bytes[9]!) || bytes.length < headerLength + 20) return undefined;
  const innerMasks = new Set<Mask>(masks);
  innerMasks.delete("ip-id");
  const inner = maskPacket(bytes.subarray(headerLength), innerMasks);
  return { bytes: concatenate(bytes.subarray(0, headerLength), inner.bytes), fault: inner.fault };
}

function maskIpv6Header(bytes: Uint8Array, masks: Masks): void {
  if (masks.has("flow-label")) {
    bytes[1]! &= 0xf0;
    zero(bytes, 2, 2);
  }
  if (masks.has("frag6-id")) maskIdentification6(bytes);
}

function maskIdentification6(bytes: Uint8Array): void {
  let next = bytes[6]!;
  let at = 40;
  while (BEFORE_FRAGMENT.has(next) && at + 2 <= bytes.length) {
    next = bytes[at]!;
    at += 8 * (bytes[at + 1]! + 1);
  }
  if (next === FRAGMENT && at + 8 <= bytes.length) zero(bytes, at + 4, 4);
}

function maskTransport(bytes: Uint8Array, at: number, protocol: number, masks: Masks): void {
  const complete = bytes.length >= at + 8;
  const isTcpOrUdp = protocol === TCP || protocol === UDP;
  const checksum = at + (protocol === TCP ? 16 : 6);
  if (masks.has("snat-port") && complete && (isTcpOrUdp || protocol === SCTP)) {
    zero(bytes, at, 4);
    if (protocol === SCTP) zero(bytes, at + 8, 4);
    else zero(bytes, checksum, 2);
  }
  if (masks.has("l4-csum") && complete && isTcpOrUdp) zero(bytes, checksum, 2);
  if (masks.has("tcp-seq") && protocol === TCP && bytes.length >= at + 20) {
    zero(bytes, at + 4, 8);
    zero(bytes, at + 16, 2);
  }
  if (masks.has("endpoint-choice")) {
    if (bytes[0]! >> 4 === 4) {
      zero(bytes, 4, 2);
      zero(bytes, 10, 10);
    } else {
      zero(bytes, 8, 32);
    }
    if (isTcpOrUdp && complete) {
      zero(bytes, at, 4);
      zero(bytes, checksum, 2);
    }
  }
}

/** Type, code and the word after the checksum remain of an ICMP error; the lengths that depend on the quote go too. */
function withoutQuote(bytes: Uint8Array, at: number): Uint8Array {
  const kept = Uint8Array.from(bytes.subarray(0, at + 8));
  zero(kept, at + 2, 2);
  if (kept[0]! >> 4 === 4) {
    zero(kept, 2, 2);
    zero(kept, 10, 2);
  } else {
    zero(kept, 4, 2);
  }
  return kept;
}

function checksumIsRight(header: Uint8Array): boolean {
  let sum = 0;
  for (let i = 0; i + 1 < header.length; i += 2) sum += uint16(header, i);
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >>> 16);
  return sum === 0xffff || sum === 0;
}

function zero(bytes: Uint8Array, at: number, length: number): void {
  bytes.fill(0, at, at + length);
}

function concatenate(head: Uint8Array, tail: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(head.length + tail.length);
  bytes.set(head);
  bytes.set(tail, head.length);
  return bytes;
}
