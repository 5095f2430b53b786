import { PROTO_UDP } from "../abi/protocol";
import { Packet } from "../packet/packet";
import { IpvsHeader, isReadable } from "./header";

/**
 * Persistence engine sip (net/netfilter/ipvs/ip_vs_pe_sip.c): calls stay with their server by the Call-ID in the packet, which is
 * found as conntrack's helper finds headers (ct_sip_get_header, net/netfilter/nf_conntrack_sip.c).
 */

/** The Call-ID found last. */
export let callId: usize = 0;
export let callIdLength: u32 = 0;

/** Longer ones are useless (IP_VS_PEDATA_MAXLEN). */
const MAX_LENGTH: u32 = 255;
const UDP_HEADER: u32 = 8;

const CR: u32 = 13;
const LF: u32 = 10;
const SPACE: u32 = 32;
const TAB: u32 = 9;
const COLON: u32 = 58;
const AT: u32 = 64;

const NAME = memory.data<u8>([99, 97, 108, 108, 45, 105, 100]); // call-id
const NAME_LENGTH: u32 = 7;
const SHORT_NAME: u32 = 105; // i

/** Finds the Call-ID of a UDP packet. @returns false when there is none that can be used: the packet is dropped then. */
export function findCallId(packet: Packet, header: IpvsHeader): bool {
  if (header.icmp || header.protocol != PROTO_UDP) return false;
  const start = header.transport + UDP_HEADER;
  if (start >= packet.length || !isReadable(packet, start, packet.length - start)) return false;
  const text = packet.data + start;
  const end = packet.data + packet.length;
  let value: usize = 0;
  let length: u32 = 0;
  for (let offset: usize = 0; length == 0; offset += value - text) {
    value = findValue(text + offset, end);
    if (value == 0) return false;
    length = callIdSize(value, end);
  }
  if (length > MAX_LENGTH) return false;
  const after = value + length;
  if (after == end || !isLineEnd(load<u8>(after))) return false;
  callId = value;
  callIdLength = length;
  return true;
}

/** Where the value of the header begins: at the beginning of a line behind the first, its name, a colon. 0: nowhere. */
function findValue(at: usize, end: usize): usize {
  for (; at < end; at++) {
    if (!isLineEnd(load<u8>(at))) continue;
    at += 1;
    if (at < end && load<u8>(at - 1) == CR && load<u8>(at) == LF) at += 1;
    if (at >= end) return 0;
    // A line that begins with a blank goes on with the one before.
    if (isBlank(load<u8>(at))) continue;
    const name = nameSize(at, end);
    if (name == 0) continue;
    const colon = skipBlanks(at + name, end);
    if (colon == 0 || load<u8>(colon) != COLON || colon + 1 >= end) return 0;
    return skipBlanks(colon + 1, end);
  }
  return 0;
}

/** Size of the header's name, long or short, if it stands here. */
function nameSize(at: usize, end: usize): u32 {
  let i: u32 = 0;
  while (i < NAME_LENGTH && at + i < end && lower(load<u8>(at + i)) == load<u8>(NAME + i)) i++;
  if (i == NAME_LENGTH) return NAME_LENGTH;
  const isShort = at + 1 < end && lower(load<u8>(at)) == SHORT_NAME && !isLetter(load<u8>(at + 1));
  return isShort ? 1 : 0;
}

/** Skips blanks, over the end of a line too where the next one continues it. @returns 0 when nothing follows. */
function skipBlanks(at: usize, end: usize): usize {
  while (at < end && isBlank(load<u8>(at))) at += 1;
  if (at >= end) return 0;
  if (!isLineEnd(load<u8>(at))) return at;
  at += 1;
  if (at < end && load<u8>(at - 1) == CR && load<u8>(at) == LF) at += 1;
  if (at >= end || !isBlank(load<u8>(at))) return 0;
  while (at < end && isBlank(load<u8>(at))) at += 1;
  return at < end ? at : 0;
}

/** A word, or two with an @ between (RFC 3261: callid). */
function callIdSize(at: usize, end: usize): u32 {
  const word = wordSize(at, end);
  if (word == 0 || at + word == end || load<u8>(at + word) != AT) return word;
  const domain = wordSize(at + word + 1, end);
  return domain == 0 ? 0 : word + 1 + domain;
}

function wordSize(at: usize, end: usize): u32 {
  let size: u32 = 0;
  while (at + size < end && isWordByte(load<u8>(at + size))) size++;
  return size;
}

/** iswordc(): letters, digits, and - . ! % * _ + ` ' ~ ( ) < > : \ " / [ ] ? { } */
function isWordByte(c: u32): bool {
  if (isLetter(c) || (c >= 48 && c <= 57)) return true;
  if (c >= 40 && c <= 43) return true;
  if (c >= 45 && c <= 47) return true;
  if (c >= 91 && c <= 93) return true;
  switch (c) {
    case 33:
    case 34:
    case 37:
    case 39:
    case 58:
    case 60:
    case 62:
    case 63:
    case 95:
    case 96:
    case 123:
    case 125:
    case 126:
      return true;
    default:
      return false;
  }
}

function isLetter(c: u32): bool {
  const small = c | 0x20;
  return small >= 97 && small <= 122;
}

function lower(c: u32): u32 {
  return c >= 65 && c <= 90 ? c | 0x20 : c;
}

function isLineEnd(c: u32): bool {
  return c == CR || c == LF;
}

function isBlank(c: u32): bool {
  return c == SPACE || c == TAB;
}
