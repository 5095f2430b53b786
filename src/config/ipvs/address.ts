import type { Address } from "../../model/address.ts";
import type { IpvsService, IpvsServiceKey } from "../../model/ipvs.ts";
import { formatAddress, parseIpv4, parseIpv6 } from "../address.ts";
import { portNumber } from "../iptables/values.ts";

/** Parses `A:P`, `[A6]:P`, or an address alone (port undefined); a port may be a service's name. */
export function parseEndpoint(text: string): { address: Address; port?: number } | undefined {
  const close = text.indexOf("]");
  if (text.startsWith("[") && close > 0) {
    // In brackets the port is not optional.
    if (close === text.length - 1) return undefined;
    return withPort(parseIpv6(text.slice(1, close)), text.slice(close + 1));
  }
  const whole = hostAddress(text) ?? parseIpv6(text);
  if (whole) return { address: whole };
  const colon = text.lastIndexOf(":");
  return colon < 0 ? undefined : withPort(hostAddress(text.slice(0, colon)), text.slice(colon));
}

/** An IPv4 address, or localhost, the one name that needs no resolver. */
function hostAddress(text: string): Address | undefined {
  return text === "localhost" ? Uint8Array.of(127, 0, 0, 1) : parseIpv4(text);
}

function withPort(address: Address | undefined, tail: string): { address: Address; port?: number } | undefined {
  if (!address) return undefined;
  if (tail === "") return { address };
  const port = tail.startsWith(":") ? portNumber(tail.slice(1)) : undefined;
  return port === undefined ? undefined : { address, port };
}

/** `A:P`, the address in brackets when it is IPv6. */
export function printEndpoint(address: Address, port: number): string {
  const host = formatAddress(address);
  return address.length === 4 ? `${host}:${port}` : `[${host}]:${port}`;
}

const PROTOCOL_OPTIONS = new Map([
  [6, "-t"],
  [17, "-u"],
  [132, "--sctp-service"],
]);

/** The option that names a service: `-t A:P`, `-u A:P`, `--sctp-service A:P`, `-f MARK [-6]`. */
export function printServiceKey(key: IpvsServiceKey): string {
  if (key.fwmark === undefined) return `${PROTOCOL_OPTIONS.get(key.protocol)} ${printEndpoint(key.address, key.port)}`;
  // The tool prints marks as signed numbers, which it cannot read back.
  return `-f ${key.fwmark | 0}${key.family === 6 ? " -6" : ""}`;
}

/** Scheduler flags as the tool names them: sh and mh have names for two alone, and leave a third out. */
export function printFlags({ scheduler, flags }: Pick<IpvsService, "scheduler" | "flags">): string {
  const isNamed = scheduler === "sh" || scheduler === "mh";
  return (isNamed ? flags.filter((flag) => flag !== "flag-3") : flags).join(",");
}

/** A text that is the same for keys that name the same service. */
export function serviceKeyText(key: IpvsServiceKey): string {
  return printServiceKey(key);
}
