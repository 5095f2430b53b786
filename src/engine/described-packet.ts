import { parseAddress } from "../config/address.ts";
import type { Address, Family } from "../model/address.ts";

/** A packet in words, as `tcp 10.0.0.9:40000 > 10.96.0.1:443 S`. */
export interface DescribedPacket {
  readonly family: Family;
  readonly protocol: "tcp" | "udp" | "icmp";
  readonly source: Address;
  readonly destination: Address;
  readonly sourcePort: number;
  readonly destinationPort: number;
  /** The byte of TCP flags. */
  readonly flags: number;
}

/** A packet was described in words that are not understood. */
export class DescriptionError extends Error {
  override readonly name = "DescriptionError";
}

const FORM = /^(tcp|udp|icmp)\s+(\S+)\s*>\s*(\S+)(?:\s+([SFRPAU.]+))?$/i;
const FLAG_LETTERS = "FSRPAU";
const ACK_BIT = 0x10;
const SYN_BIT = 0x02;
const EXPECTED =
  "expected `tcp ADDRESS:PORT > ADDRESS:PORT [FLAGS]', `udp ADDRESS:PORT > ADDRESS:PORT' or `icmp ADDRESS > ADDRESS'; " +
  "IPv6 addresses with a port stand in brackets, flags are of SFRPAU and . for ACK (default: S)";

/** Is this meant as a description rather than as the name of a file? */
export function looksDescribed(text: string): boolean {
  return /^(?:tcp|udp|icmp)\s/i.test(text) && text.includes(">");
}

/** @throws DescriptionError */
export function parseDescription(text: string): DescribedPacket {
  const [, word, from, to, flags] = FORM.exec(text.trim()) ?? fail(text);
  const protocol = word!.toLowerCase() as DescribedPacket["protocol"];
  const source = parseEndpoint(from!, protocol, text);
  const destination = parseEndpoint(to!, protocol, text);
  if (source.address.length !== destination.address.length) return fail(text);
  return {
    family: source.address.length === 4 ? 4 : 6,
    protocol,
    source: source.address,
    destination: destination.address,
    sourcePort: source.port,
    destinationPort: destination.port,
    flags: flags === undefined ? SYN_BIT : parseFlags(flags),
  };
}

function parseEndpoint(text: string, protocol: string, whole: string): { address: Address; port: number } {
  if (protocol === "icmp") return { address: parseAddress(text) ?? fail(whole), port: 0 };
  const [, bracketed, plain, digits] = /^(?:\[([^\]]+)\]|([^:]+)):([0-9]+)$/.exec(text) ?? fail(whole);
  const address = parseAddress(bracketed ?? plain!);
  const port = Number(digits);
  if (!address || port > 0xffff) return fail(whole);
  return { address, port };
}

function parseFlags(letters: string): number {
  return [...letters.toUpperCase()].reduce(
    (flags, letter) => flags | (letter === "." ? ACK_BIT : 1 << FLAG_LETTERS.indexOf(letter)),
    0,
  );
}

function fail(text: string): never {
  throw new DescriptionError(`\`${text}' does not describe a packet: ${EXPECTED}`);
}
