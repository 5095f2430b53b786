import { formatAddress } from "../config/address.ts";
import { printEndpoint, printFlags } from "../config/ipvs/address.ts";
import type { Address } from "../model/address.ts";
import type { IpvsServer, IpvsService } from "../model/ipvs.ts";

/** How ipvsadm 1.31 lays its listings out. */

export interface ListedCounters {
  readonly connections: bigint;
  readonly inPackets: bigint;
  readonly outPackets: bigint;
  readonly inBytes: bigint;
  readonly outBytes: bigint;
}

/** What a listing shows of a server, beyond how it was described. */
export interface ListedServer {
  readonly address: Address;
  readonly port: number;
  readonly method: "Masq" | "Local" | "Tunnel" | "Route";
  readonly weight: number;
  readonly upperThreshold: number;
  readonly lowerThreshold: number;
  readonly tunnel: IpvsServer["tunnel"];
  readonly active: number;
  readonly inactive: number;
  /** Templates. */
  readonly persistent: number;
  /** Counters or rates, whichever the listing shows. */
  readonly numbers: ListedCounters;
}

export interface ListedService {
  readonly service: Omit<IpvsService, "servers">;
  readonly numbers: ListedCounters;
  readonly servers: readonly ListedServer[];
}

export type IpvsListKind = "plain" | "stats" | "rate" | "thresholds" | "persistent" | "tunnels";

export interface IpvsListFormat {
  readonly kind: IpvsListKind;
  /** Never abbreviate numbers. */
  readonly exact: boolean;
  /** An endpoint in the words of the listing: with names, or in numbers. */
  endpoint(address: Address, port: number, protocol: number): string;
}

export const NO_COUNTS: ListedCounters = {
  connections: 0n,
  inPackets: 0n,
  outPackets: 0n,
  inBytes: 0n,
  outBytes: 0n,
};

export const IPVS_VERSION_LINE = "IP Virtual Server version 1.2.1 (size=4096)\n";

const PLAIN_TITLE = "Prot LocalAddress:Port Scheduler Flags\n";

const TITLES: Readonly<Record<IpvsListKind, string>> = {
  plain: `${PLAIN_TITLE}  -> RemoteAddress:Port           Forward Weight ActiveConn InActConn\n`,
  tunnels: `${PLAIN_TITLE}  -> RemoteAddress:Port           Forward TunnelInfo    Weight ActiveConn InActConn\n`,
  stats: "Prot LocalAddress:Port               Conns   InPkts  OutPkts  InBytes OutBytes\n  -> RemoteAddress:Port\n",
  rate: "Prot LocalAddress:Port                 CPS    InPPS   OutPPS    InBPS   OutBPS\n  -> RemoteAddress:Port\n",
  thresholds:
    "Prot LocalAddress:Port            Uthreshold Lthreshold ActiveConn InActConn \n  -> RemoteAddress:Port\n",
  persistent:
    "Prot LocalAddress:Port            Weight    PersistConn ActiveConn InActConn \n  -> RemoteAddress:Port\n",
};

const PROTOCOLS: Readonly<Record<number, string>> = { 6: "TCP", 17: "UDP", 132: "SCTP" };

/** Services in the order given. @param withVersion the first line, which a listing of one service has not. */
export function printServices(
  services: readonly ListedService[],
  format: IpvsListFormat,
  withVersion: boolean,
): string {
  const lines = services.flatMap((listed) => [
    serviceLine(listed, format),
    ...listed.servers.map((server) => serverLine(listed.service, server, format)),
  ]);
  return (withVersion ? IPVS_VERSION_LINE : "") + TITLES[format.kind] + lines.map((line) => `${line}\n`).join("");
}

function serviceLine({ service, numbers }: ListedService, format: IpvsListFormat): string {
  const name = nameOf(service, format);
  if (format.kind === "stats" || format.kind === "rate") return name.padEnd(33) + allNumbers(numbers, format.exact);
  let line = `${name} ${service.scheduler}`;
  if (service.flags.length > 0) line += ` (${printFlags(service)})`;
  if (service.persistence !== undefined) {
    line += ` persistent ${service.persistence}`;
    if (service.netmask !== undefined) line += ` mask ${maskText(service.key.family, service.netmask)}`;
    if (service.engine !== undefined) line += ` pe ${service.engine}`;
  }
  return service.onePacket ? `${line} ops` : line;
}

function nameOf({ key }: ListedService["service"], format: IpvsListFormat): string {
  // The tool prints marks as signed numbers.
  if (key.fwmark !== undefined) return `FWM  ${key.fwmark | 0}${key.family === 6 ? " IPv6" : ""}`;
  return `${(PROTOCOLS[key.protocol] ?? "").padEnd(4)} ${format.endpoint(key.address, key.port, key.protocol)}`;
}

function maskText(family: 4 | 6, mask: number): string {
  return family === 6 ? String(mask) : formatAddress(Uint8Array.of(mask >>> 24, mask >>> 16, mask >>> 8, mask));
}

function serverLine({ key }: ListedService["service"], server: ListedServer, format: IpvsListFormat): string {
  const protocol = key.fwmark === undefined ? key.protocol : 6;
  const name = `  -> ${format.endpoint(server.address, server.port, protocol).padEnd(28)}`;
  const counts = `${column(server.active, 10)} ${column(server.inactive, 10)}`;
  switch (format.kind) {
    case "stats":
      return name + allNumbers(server.numbers, format.exact);
    case "rate":
      return name + serverRates(server.numbers, format.exact);
    case "thresholds":
      return `${name} ${column(server.upperThreshold, 10)} ${column(server.lowerThreshold, 10)} ${counts}`;
    case "persistent":
      return `${name} ${column(server.weight, 9)} ${column(server.persistent, 11)} ${counts}`;
    case "tunnels":
      return `${name} ${server.method.padEnd(7)} ${tunnelText(server).padEnd(13)} ${column(server.weight, 6)} ${counts}`;
    case "plain":
      return `${name} ${server.method.padEnd(7)} ${column(server.weight, 6)} ${counts}`;
  }
}

function column(value: number, width: number): string {
  return String(value).padEnd(width);
}

const CHECKSUMS = { none: "-c", csum: "+c", remcsum: "r+c" } as const;

function tunnelText({ method, tunnel }: ListedServer): string {
  if (method !== "Tunnel") return "n/a";
  const { type, port, checksum } = tunnel;
  if (type === "ipip") return "ipip";
  return type === "gue" ? `gue:${port}:${CHECKSUMS[checksum]}` : `gre:${CHECKSUMS[checksum]}`;
}

function allNumbers(counters: ListedCounters, exact: boolean): string {
  const { connections, inPackets, outPackets, inBytes, outBytes } = counters;
  const print = exact ? exactNumber : abbreviated;
  return [connections, inPackets, outPackets, inBytes, outBytes].map(print).join("");
}

/** The three rates of packets are never abbreviated. */
function serverRates(
  { connections, inPackets, outPackets, inBytes, outBytes }: ListedCounters,
  exact: boolean,
): string {
  const packets = [connections, inPackets, outPackets].map((value) => ` ${String(value).padStart(8)}`);
  return packets.join("") + [inBytes, outBytes].map(exact ? exactNumber : abbreviated).join("");
}

/** Nine wide; longer numbers keep a blank before them. */
function exactNumber(value: bigint): string {
  const text = String(value);
  return text.length > 8 ? ` ${text}` : text.padStart(9);
}

const UNITS = [
  [100_000_000n, 1n, ""],
  [1_000_000_000n, 1_000n, "K"],
  [100_000_000_000n, 1_000_000n, "M"],
  [100_000_000_000_000n, 1_000_000_000n, "G"],
] as const;

/** print_largenum(): powers of ten, cut off. */
function abbreviated(value: bigint): string {
  const [, divisor, unit] = UNITS.find(([limit]) => value < limit) ?? [0n, 1_000_000_000_000n, "T"];
  return String(value / divisor).padStart(9 - unit.length) + unit;
}

/** `-n`. */
export function numericEndpoint(address: Address, port: number): string {
  return printEndpoint(address, port);
}
