import type { Address, Family, Prefix, Range } from "../../model/address.ts";
import { formatAddress, maskAddress, maskOf, parseAddress, prefixLengthOf } from "../address.ts";
import type { Word, WordReader } from "../words.ts";
import type { Given, Options } from "./extension.ts";
import { PROTOCOL_NAMES, PROTOCOLS, servicePort } from "./names.ts";

export function parseProtocol(reader: WordReader, word: Word): number {
  const number = wholeNumber(word.text) ?? PROTOCOLS.get(word.text.toLowerCase());
  if (number === undefined || number > 255) {
    reader.fail(word, `unknown protocol "${word.text.toLowerCase()}" specified`);
  }
  return number;
}

export function formatProtocol(protocol: number): string {
  return PROTOCOL_NAMES.get(protocol) ?? String(protocol);
}

/** A number in decimal, 0x hex or 0 octal, as strtoul reads it; undefined when the text is none. */
export function wholeNumber(text: string): number | undefined {
  const length = text.length;
  if (length === 0) return undefined;
  const first = text.charCodeAt(0);
  if (first === 48 && length > 1) return prefixedNumber(text);
  if (first === 43 || first === 32) return signedNumber(text);
  let value = 0;
  for (let i = 0; i < length; i++) {
    const digit = text.charCodeAt(i) - 48;
    if (digit < 0 || digit > 9) return undefined;
    value = value * 10 + digit;
  }
  return value;
}

function signedNumber(text: string): number | undefined {
  const digits = text.trimStart().replace(/^\+/, "");
  return /^[0-9]/.test(digits) ? wholeNumber(digits) : undefined;
}

/** The number that a text begins with, and what follows it, as strtoul reads it. */
export function leadingNumber(text: string): { readonly value: number; readonly rest: string } | undefined {
  const found = /^\s*\+?(0x[0-9a-f]+|0[0-7]*|[1-9][0-9]*)/i.exec(text);
  return found ? { value: wholeNumber(found[1]!)!, rest: text.slice(found[0].length) } : undefined;
}

/** The decimal number that a text begins with, else 0 (atoi). */
export function leadingDecimal(text: string): number {
  return Number(/^\s*([+-]?[0-9]+)/.exec(text)?.[1] ?? 0);
}

function prefixedNumber(text: string): number | undefined {
  if (/^0x[0-9a-f]+$/i.test(text)) return Number.parseInt(text, 16);
  return /^0[0-7]+$/.test(text) ? Number.parseInt(text, 8) : undefined;
}

/** The first argument of an option as a number, refused in libxtables' words. */
export function parseNumber(options: Options, given: Given, max: number, min = 0): number {
  const word = given.values[0]!;
  const number = wholeNumber(word.text);
  if (number === undefined || number > max || number < min) {
    options.fail(word, `bad value for option "--${given.name}", or out of range (${min}-${max}).`);
  }
  return number;
}

/** `N`, `N:M`, `:M` or `N:` of whole numbers. */
export function parseNumberRange(options: Options, given: Given, max: number): Range {
  const word = given.values[0]!;
  const values: number[] = [];
  for (let text: string | undefined = word.text; text !== undefined; ) {
    if (values.length === 2) options.fail(word, `Too many components for option "--${given.name}" (max: 2)`);
    const isLeftOut: boolean = text === "" || text.startsWith(":");
    const end: ReturnType<typeof leadingNumber> = isLeftOut
      ? { value: values.length * max, rest: text }
      : leadingNumber(text);
    if (!end || end.value > max) {
      options.fail(word, `bad value for option "--${given.name}" near "${text}", or out of range (0-${max}).`);
    }
    if (end.rest !== "" && !end.rest.startsWith(":")) {
      options.fail(word, `Argument to "--${given.name}" has unexpected characters near "${end.rest}".`);
    }
    values.push(end.value);
    text = end.rest === "" ? undefined : end.rest.slice(1);
  }
  const [from, to = from] = values as [number, number?];
  return { from, to };
}

export function parsePort(options: Options, word: Word, text: string): number {
  const port = portNumber(text, options.protocol);
  if (port === undefined) options.reader.fail(word, `invalid port/service \`${text}' specified`);
  return port;
}

/** A port by number, as strtoul reads it, or by the name of a service that the protocol has. */
export function portNumber(text: string, protocol?: number): number | undefined {
  const port = wholeNumber(text.trimStart()) ?? servicePort(text, protocol);
  return port !== undefined && port <= 65535 ? port : undefined;
}

/** `80`, `80:90`, `:90`, `80:`. */
export function parsePortRange(options: Options, given: Given): Range {
  const word = given.values[0]!;
  const colon = word.text.indexOf(":");
  if (colon < 0) {
    const port = parsePort(options, word, word.text);
    return { from: port, to: port };
  }
  const first = word.text.slice(0, colon);
  const second = word.text.slice(colon + 1);
  return {
    from: first === "" ? 0 : parsePort(options, word, first),
    to: second === "" ? 65535 : parsePort(options, word, second),
  };
}

/**
 * A port range as udp, dccp and conntrack read it, by getaddrinfo(): names of any protocol, zeros in front are decimal,
 * nothing is 0, and what is too large is cut to 16 bits.
 */
export function parseLoosePortRange(options: Options, given: Given): Range {
  const word = given.values[0]!;
  const parts = word.text.split(":");
  if (parts.length > 2) options.fail(word, `Too many components for option "--${given.listedName}" (max: 2)`);
  const port = (text: string, fallback: number): number => {
    if (text === "") return parts.length === 2 ? fallback : 0;
    const number = /^\s*\+?[0-9]+$/.test(text) ? serviceNumber(Number(text)) : servicePort(text);
    return number ?? options.reader.fail(word, `Port "${text}" does not resolve to anything.`);
  };
  const from = port(parts[0]!, 0);
  return { from, to: parts.length === 1 ? from : port(parts[1]!, 65535) };
}

/** getaddrinfo() keeps 32 bits of a number, refuses what they hold of negative ones, and gives 16 of them. */
function serviceNumber(number: number): number | undefined {
  const kept = BigInt.asIntN(32, number > 0xffffffffffff ? -1n : BigInt(number));
  return kept < 0n ? undefined : Number(kept & 0xffffn);
}

export function formatRange(range: Range, separator = ":"): string {
  return range.from === range.to ? String(range.from) : `${range.from}${separator}${range.to}`;
}

/** `A`, `A/len`, `A/mask`; host bits are cleared. IPv4 short forms are padded with zeros. */
export function parsePrefix(reader: WordReader, word: Word, text: string, family: Family): Prefix {
  const { address, mask } = parseHostUnderMask(reader, word, text, family);
  return mask === maskOf(family, family === 4 ? 32 : 128)
    ? { address, mask }
    : { address: maskAddress(address, mask), mask };
}

/** As parsePrefix, but the bits outside of the mask stay: some extensions print them back. */
export function parseHostUnderMask(
  reader: WordReader,
  word: Word,
  text: string,
  family: Family,
  complaint = (mask: string) => `invalid mask \`${mask}' specified`,
): Prefix {
  const slash = text.lastIndexOf("/");
  const host = slash < 0 ? text : text.slice(0, slash);
  const mask =
    slash < 0
      ? maskOf(family, family === 4 ? 32 : 128)
      : parseMask(reader, word, text.slice(slash + 1), family, complaint);
  // Under a mask of zeros the name does not matter, as in "any/0".
  const isAny = mask.every((byte) => byte === 0);
  const address = hostAddress(host, family) ?? (isAny ? new Uint8Array(mask.length) : undefined);
  if (!address) reader.fail(word, `host/network \`${host}' not found`);
  return { address, mask };
}

/** How iptables prints an address under a mask; undefined for /0. */
export function formatPrefix(prefix: Prefix): string | undefined {
  const length = prefixLengthOf(prefix.mask);
  if (length === 0) return undefined;
  return `${formatAddress(prefix.address)}/${length ?? formatAddress(prefix.mask)}`;
}

/** As formatPrefix, but a single address stands without its length, and /0 is printed. */
export function formatHostOrPrefix(prefix: Prefix): string {
  const length = prefixLengthOf(prefix.mask);
  const host = formatAddress(prefix.address);
  return length === prefix.mask.length * 8 ? host : `${host}/${length ?? formatAddress(prefix.mask)}`;
}

/** `V` or `V/M`, each up to `max`. */
export function parseMasked(options: Options, given: Given, max = 0xffffffff): { value: number; mask: number } {
  const word = given.values[0]!;
  const value = leadingNumber(word.text);
  const mask = value?.rest.startsWith("/")
    ? leadingNumber(value.rest.slice(1))
    : value && { value: max, rest: value.rest };
  if (!value || value.value > max || !mask || mask.value > max) {
    return options.fail(word, `bad integer value for option "--${given.name}", or out of range.`);
  }
  if (mask.rest !== "") options.fail(word, `trailing garbage after value for option "--${given.name}".`);
  return { value: value.value, mask: mask.value };
}

/** `0xV`, with its mask unless that is all ones. */
export function formatMasked(value: number, mask: number): string {
  return mask === 0xffffffff ? hex(value) : `${hex(value)}/${hex(mask)}`;
}

export function hex(value: number): string {
  return `0x${value.toString(16)}`;
}

export function hexByte(value: number): string {
  return `0x${value.toString(16).padStart(2, "0")}`;
}

/** How iptables saves a string: bare where only letters, digits, `_` and `-`, else quoted. */
export function quote(text: string): string {
  if (text === "") return '""';
  if (/^[A-Za-z0-9_-]+$/.test(text)) return text;
  return `"${text.replace(/["\\']/g, "\\$&")}"`;
}

/** `-i eth+`: at most 15 bytes. */
export function parseInterface(reader: WordReader, word: Word): string {
  if (word.text.length > 15) reader.fail(word, `interface name \`${word.text}' must be shorter than IFNAMSIZ (15)`);
  if (word.text === "") reader.fail(word, "Empty interface is likely to be undesired");
  return word.text;
}

/** Cuts a text to so many bytes of UTF-8, as a C buffer does. */
export function cutBytes(text: string, bytes: number): string {
  if (text.length * 3 <= bytes) return text;
  const encoded = new TextEncoder().encode(text);
  return encoded.length <= bytes ? text : new TextDecoder().decode(encoded.subarray(0, bytes));
}

/** An address of the rule's family. */
export function parseHost(options: Options, given: Given): Address {
  const word = given.values[0]!;
  const address = hostAddress(word.text, options.family);
  return address ?? options.reader.fail(word, `${options.extension}: Bad IP address "${word.text}"`);
}

function parseMask(
  reader: WordReader,
  word: Word,
  text: string,
  family: Family,
  complaint: (mask: string) => string,
): Uint8Array {
  const bits = family === 4 ? 32 : 128;
  const length = wholeNumber(text);
  if (length !== undefined && length <= bits) return maskOf(family, length);
  const mask = family === 4 ? bytesOfIpv4(text, 4) : parseAddress(text);
  if (!mask || mask.length * 8 !== bits) reader.fail(word, complaint(text));
  return mask;
}

/** An address, or the one name that needs no resolver. IPv6 knows no other forms, nor localhost. */
function hostAddress(text: string, family: Family): Address | undefined {
  if (family === 4)
    return text === "localhost" ? Uint8Array.of(127, 0, 0, 1) : (bytesOfIpv4(text, 1) ?? numericIpv4(text));
  const address = parseAddress(text);
  return address?.length === 16 ? address : undefined;
}

/** Parts as strtoul reads them, a byte each, at least so many; those that are missing are zeros (xtables_numeric_to_ipaddr). */
function bytesOfIpv4(text: string, least: number): Address | undefined {
  const parts = text.split(".").map(wholeNumber);
  if (parts.length > 4 || parts.length < least) return undefined;
  if (parts.some((part) => part === undefined || part > 255)) return undefined;
  return Uint8Array.from({ length: 4 }, (_, i) => parts[i] ?? 0);
}

/** As inet_aton reads it: the last part is all that is left. */
export function numericIpv4(text: string): Address | undefined {
  if (!/^[0-9]/.test(text)) return undefined;
  const parts = text.split(".").map(wholeNumber);
  const last = parts.pop();
  if (parts.length > 3 || last === undefined || last >= 256 ** (4 - parts.length)) return undefined;
  if (parts.some((part) => part === undefined || part > 255)) return undefined;
  return wholeAddress(parts.reduce<number>((sum, part, i) => sum + part! * 256 ** (3 - i), last));
}

/** An IPv4 address given as one number. */
export function wholeAddress(number: number): Address {
  return Uint8Array.of(number >>> 24, number >>> 16, number >>> 8, number);
}
