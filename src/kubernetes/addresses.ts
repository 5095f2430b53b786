import { formatAddress, maskAddress, maskOf, parseAddress } from "../config/address.ts";
import type { Address, Family, Prefix } from "../model/address.ts";
import type { Fields } from "./fields.ts";

/** A network as CIDR text gives it. */
export interface Network {
  readonly family: Family;
  readonly prefix: Prefix;
  readonly prefixLength: number;
  /** Canonical: `10.0.0.0/8`. */
  readonly text: string;
}

/**
 * An address in canonical form. Dotted quads may have leading zeros, which do not make them octal.
 *
 * @throws ObjectError
 */
export function readAddress(fields: Fields, name: string, text: string): string {
  const address = parseAddress(text.trim());
  return address ? formatAddress(address) : fields.fail(name, `\`${text}' is no IP address`);
}

/** @throws ObjectError */
export function readNetwork(fields: Fields, name: string, text: string): Network {
  return parseNetwork(text) ?? fields.fail(name, `\`${text}' is no network (ADDRESS/LENGTH)`);
}

export function parseNetwork(text: string): Network | undefined {
  const [host, length] = text.trim().split("/");
  const address = parseAddress(host!);
  if (!address || length === undefined || !/^[0-9]{1,3}$/.test(length)) return undefined;
  const prefixLength = Number(length);
  if (prefixLength > address.length * 8) return undefined;
  const family = familyOfText(host!);
  const mask = maskOf(family, prefixLength);
  const network = maskAddress(address, mask);
  return {
    family,
    prefix: { address: network, mask },
    prefixLength,
    text: `${formatAddress(network)}/${prefixLength}`,
  };
}

export function familyOfText(address: string): Family {
  return address.includes(":") ? 6 : 4;
}

export function contains({ family, prefix }: Network, address: string): boolean {
  if (familyOfText(address) !== family) return false;
  const bytes = maskAddress(bytesOf(address), prefix.mask);
  return bytes.every((byte, i) => byte === prefix.address[i]);
}

/** Bytes of an address that is known to be canonical. */
export function bytesOf(address: string): Address {
  return parseAddress(address)!;
}

/** One address as a network. */
export function hostNetwork(address: string): Network {
  return parseNetwork(`${address}/${familyOfText(address) === 4 ? 32 : 128}`)!;
}

export function isLoopback(address: string): boolean {
  return address.startsWith("127.") || address === "::1";
}

/** `ip:port`, with brackets around IPv6. */
export function hostPort(address: string, port: number): string {
  return address.includes(":") ? `[${address}]:${port}` : `${address}:${port}`;
}
