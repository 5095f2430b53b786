import type { Address, Family } from "../model/address.ts";

/** Parses an IPv4 address of four decimal parts; undefined when it is none. */
export function parseIpv4(text: string): Address | undefined {
  const bytes = new Uint8Array(4);
  return readIpv4(text, bytes, 0) ? bytes : undefined;
}

/** Writes the four bytes of an address to `at`. @returns false, and has written anything, when it is none. */
export function readIpv4(text: string, bytes: Uint8Array, at: number): boolean {
  let part = 0;
  let value = -1;
  for (let i = 0; i <= text.length; i++) {
    const c = i === text.length ? 46 : text.charCodeAt(i);
    if (c === 46) {
      if (value < 0 || part > 3) return false;
      bytes[at + part++] = value;
      value = -1;
    } else if (c >= 48 && c <= 57) {
      value = (value < 0 ? 0 : value * 10) + (c - 48);
      if (value > 255) return false;
    } else {
      return false;
    }
  }
  return part === 4;
}

/** Parses an IPv6 address (RFC 4291, with `::` and a dotted tail); undefined when it is none. */
export function parseIpv6(text: string): Address | undefined {
  const halves = text.split("::");
  if (halves.length > 2) return undefined;
  const head = groupsOf(halves[0]!, halves.length === 1);
  const tail = halves.length === 2 ? groupsOf(halves[1]!, true) : [];
  if (!head || !tail) return undefined;
  const missing = 8 - head.length - tail.length;
  if (halves.length === 1 ? missing !== 0 : missing < 1) return undefined;
  const groups = [...head, ...new Array<number>(missing).fill(0), ...tail];
  const bytes = new Uint8Array(16);
  groups.forEach((group, i) => {
    bytes[2 * i] = group >> 8;
    bytes[2 * i + 1] = group & 255;
  });
  return bytes;
}

/** Parses an address of either family. */
export function parseAddress(text: string): Address | undefined {
  return text.includes(":") ? parseIpv6(text) : parseIpv4(text);
}

export function familyOf(address: Address): Family {
  return address.length === 4 ? 4 : 6;
}

/** Prints an address as inet_ntop does: the longest run of zero groups (at least two) is `::`. */
export function formatAddress(address: Address): string {
  if (address.length === 4) return `${address[0]}.${address[1]}.${address[2]}.${address[3]}`;
  const groups: number[] = [];
  for (let i = 0; i < 16; i += 2) groups.push((address[i]! << 8) | address[i + 1]!);
  const { start, length } = longestZeroRun(groups);
  if (start === 0 && (length === 6 || (length === 5 && groups[5] === 0xffff))) {
    const tail = `${address[12]}.${address[13]}.${address[14]}.${address[15]}`;
    return length === 6 ? `::${tail}` : `::ffff:${tail}`;
  }
  const hex = (part: readonly number[]) => part.map((group) => group.toString(16)).join(":");
  if (length < 2) return hex(groups);
  return `${hex(groups.slice(0, start))}::${hex(groups.slice(start + length))}`;
}

/** The mask of a prefix length. All users of one length share the same bytes. */
export function maskOf(family: Family, prefixLength: number): Uint8Array {
  if (family === 4) return MASKS4[prefixLength]!;
  masks6 ??= masksOf(128);
  return masks6[prefixLength]!;
}

const MASKS4 = masksOf(32);
let masks6: readonly Uint8Array[] | undefined;

function masksOf(bits: number): readonly Uint8Array[] {
  return Array.from({ length: bits + 1 }, (_, prefixLength) => {
    const mask = new Uint8Array(bits / 8);
    for (let i = 0; i < mask.length; i++) {
      const ones = Math.min(8, Math.max(0, prefixLength - 8 * i));
      mask[i] = (0xff << (8 - ones)) & 0xff;
    }
    return mask;
  });
}

/** The prefix length of a mask; undefined when its ones are not all in front. */
export function prefixLengthOf(mask: Uint8Array): number | undefined {
  let length = 0;
  let ended = false;
  for (const byte of mask) {
    for (let bit = 7; bit >= 0; bit--) {
      const one = (byte >> bit) & 1;
      if (one && ended) return undefined;
      if (one) length++;
      else ended = true;
    }
  }
  return length;
}

export function maskAddress(address: Address, mask: Uint8Array): Address {
  const masked = new Uint8Array(address.length);
  for (let i = 0; i < masked.length; i++) masked[i] = address[i]! & mask[i]!;
  return masked;
}

/** Are they the same bytes: addresses of either family, or of a link? */
export function isSame(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, i) => byte === b[i]);
}

/** Parses six bytes as `aa:bb:cc:dd:ee:ff`, each of one or two digits. */
export function parseMac(text: string): Uint8Array | undefined {
  const bytes = new Uint8Array(6);
  let part = 0;
  let digits = 0;
  let value = 0;
  for (let i = 0; i < text.length; i++) {
    const digit = hexDigit(text.charCodeAt(i));
    if (digit >= 0) {
      if (++digits > 2) return undefined;
      value = value * 16 + digit;
    } else {
      if (text[i] !== ":" || digits === 0 || part === 5) return undefined;
      bytes[part++] = value;
      digits = 0;
      value = 0;
    }
  }
  if (part !== 5 || digits === 0) return undefined;
  bytes[part] = value;
  return bytes;
}

/** The value of a hexadecimal digit by its character code, -1 for anything else. */
function hexDigit(code: number): number {
  if (code >= 48 && code <= 57) return code - 48;
  const letter = code | 32;
  return letter >= 97 && letter <= 102 ? letter - 87 : -1;
}

export function formatMac(mac: Uint8Array): string {
  return Array.from(mac, (byte) => byte.toString(16).padStart(2, "0")).join(":");
}

function groupsOf(text: string, mayEndDotted: boolean): number[] | undefined {
  if (text === "") return [];
  const parts = text.split(":");
  const groups: number[] = [];
  for (const [i, part] of parts.entries()) {
    if (part.includes(".") && mayEndDotted && i === parts.length - 1) {
      const tail = parseIpv4(part);
      if (!tail) return undefined;
      groups.push((tail[0]! << 8) | tail[1]!, (tail[2]! << 8) | tail[3]!);
    } else if (/^[0-9a-f]{1,4}$/i.test(part)) {
      groups.push(Number.parseInt(part, 16));
    } else {
      return undefined;
    }
  }
  return groups;
}

function longestZeroRun(groups: readonly number[]): { start: number; length: number } {
  let best = { start: -1, length: 0 };
  for (let i = 0; i < groups.length; i++) {
    let end = i;
    while (end < groups.length && groups[end] === 0) end++;
    if (end - i > best.length) best = { start: i, length: end - i };
    if (end > i) i = end;
  }
  return best;
}
