import type { Address, Family } from "../../model/address.ts";
import { formatAddress, maskAddress, maskOf, parseAddress } from "../address.ts";
import { numericIpv4, wholeNumber } from "../iptables/values.ts";
import type { Word, WordReader } from "../words.ts";

/** The address parts of elements: single addresses, networks and ranges of both. */

export interface Block {
  readonly address: Address;
  readonly prefix: number;
}

/** More members than this from one word are refused: the real kernel would stop at maxelem long before. */
export const MAX_EXPANSION = 1 << 20;

/** `A`, `A/len` or `A-B` as single addresses, as types with an `ip` part store them. IPv6 has only the first form. */
export function parseHosts(reader: WordReader, word: Word, text: string, family: Family): Address[] {
  if (family === 6 && (text.includes("-") || (text.includes("/") && !text.endsWith("/128")))) {
    reader.fail(word, `Syntax error: plain IP address must be supplied: ${text}`);
  }
  const { from, to } = parseSpan(reader, word, text, family);
  const count = to - from + 1n;
  if (count > BigInt(MAX_EXPANSION)) {
    reader.fail(word, `Hash is full, cannot add more elements: '${text}' stands for ${count} addresses`);
  }
  const hosts: Address[] = [];
  for (let host = from; host <= to; host++) hosts.push(addressOf(host, family));
  return hosts;
}

/** `A`, `A/len` or `A-B` as the fewest networks, as types with a `net` part store them. */
export function parseNetworks(reader: WordReader, word: Word, text: string, family: Family): Block[] {
  const bits = family === 4 ? 32 : 128;
  if (family === 6 && text.includes("-")) reader.fail(word, `Syntax error: ranges are not allowed in IPv6: ${text}`);
  if (!text.includes("-")) {
    const { address, prefix } = parseBlock(reader, word, text, family);
    return [{ address: maskAddress(address, maskOf(family, prefix)), prefix }];
  }
  const { from, to } = parseSpan(reader, word, text, family);
  const blocks: Block[] = [];
  for (let next = from; next <= to; ) {
    let size = 0;
    while (size < bits && fits(next, size + 1, to)) size++;
    blocks.push({ address: addressOf(next, family), prefix: bits - size });
    next += 1n << BigInt(size);
  }
  return blocks;
}

/** Is a block of 2^size addresses aligned at its start, and does it end in time? */
function fits(start: bigint, size: number, last: bigint): boolean {
  const length = 1n << BigInt(size);
  return start % length === 0n && start + length - 1n <= last;
}

/** The one name that needs no resolver. */
const LOCALHOST = Uint8Array.of(127, 0, 0, 1);

function parseBlock(reader: WordReader, word: Word, text: string, family: Family): Block {
  const slash = text.indexOf("/");
  const host = slash < 0 ? text : text.slice(0, slash);
  const bare = host.replace(/^\[(.*)\]$/, "$1");
  const known = host === "localhost" && family === 4 ? LOCALHOST : parseAddress(bare);
  const address = known ?? (family === 4 && /^[0-9.]+$/.test(bare) ? numericIpv4(bare) : undefined);
  const bits = family === 4 ? 32 : 128;
  if (!address || address.length * 8 !== bits) {
    const what = family === 4 ? "IPv4" : "IPv6";
    return reader.fail(word, `Syntax error: cannot parse ${host}: resolving to ${what} address failed`);
  }
  if (slash < 0) return { address, prefix: bits };
  const prefix = wholeNumber(text.slice(slash + 1));
  if (prefix === undefined || prefix > bits) {
    return reader.fail(word, `Syntax error: '${text.slice(slash + 1)}' is out of range 0-${bits}`);
  }
  return { address, prefix };
}

export function parseSpan(reader: WordReader, word: Word, text: string, family: Family): { from: bigint; to: bigint } {
  const dash = text.indexOf("-");
  if (dash >= 0) {
    const first = numberOf(parseBlock(reader, word, text.slice(0, dash), family).address);
    const last = numberOf(parseBlock(reader, word, text.slice(dash + 1), family).address);
    return first <= last ? { from: first, to: last } : { from: last, to: first };
  }
  const { address, prefix } = parseBlock(reader, word, text, family);
  const size = 1n << BigInt(address.length * 8 - prefix);
  const from = (numberOf(address) / size) * size;
  return { from, to: from + size - 1n };
}

export function numberOf(address: Address): bigint {
  let number = 0n;
  for (const byte of address) number = (number << 8n) | BigInt(byte);
  return number;
}

export function addressOf(number: bigint, family: Family): Address {
  const bytes = new Uint8Array(family === 4 ? 4 : 16);
  for (let i = bytes.length - 1, rest = number; i >= 0; i--, rest >>= 8n) bytes[i] = Number(rest & 255n);
  return bytes;
}

/** A network as ipset prints it: a whole address stands without its length. */
export function printNetwork(address: Address, prefix: number): string {
  return prefix === address.length * 8 ? formatAddress(address) : `${formatAddress(address)}/${prefix}`;
}
