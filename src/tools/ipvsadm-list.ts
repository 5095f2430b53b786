import { formatAddress } from "../config/address.ts";
import { serviceName } from "../config/iptables/names.ts";
import { printEndpoint, printFlags } from "../config/ipvs/address.ts";
import type { IpvsServer, IpvsService } from "../model/ipvs.ts";
import { compareServers, compareServices, mergeSort } from "../report/ipvs-order.ts";

/** What `ipvsadm -L` prints of services that no packet has used. */

export interface IpvsListFormat {
  readonly kind: "plain" | "stats" | "rate" | "thresholds" | "persistent";
  readonly numeric: boolean;
  isLocal(address: Uint8Array): boolean;
}

const VERSION_LINE = "IP Virtual Server version 1.2.1 (size=4096)\n";

const TITLES: Readonly<Record<IpvsListFormat["kind"], string>> = {
  plain:
    "Prot LocalAddress:Port Scheduler Flags\n  -> RemoteAddress:Port           Forward Weight ActiveConn InActConn\n",
  stats: "Prot LocalAddress:Port               Conns   InPkts  OutPkts  InBytes OutBytes\n  -> RemoteAddress:Port\n",
  rate: "Prot LocalAddress:Port                 CPS    InPPS   OutPPS    InBPS   OutBPS\n  -> RemoteAddress:Port\n",
  thresholds:
    "Prot LocalAddress:Port            Uthreshold Lthreshold ActiveConn InActConn \n  -> RemoteAddress:Port\n",
  persistent:
    "Prot LocalAddress:Port            Weight    PersistConn ActiveConn InActConn \n  -> RemoteAddress:Port\n",
};

const PROTOCOLS: Readonly<Record<number, string>> = { 6: "TCP", 17: "UDP", 132: "SCTP" };
const METHODS = { masq: "Masq", route: "Route", tunnel: "Tunnel" } as const;
const ZEROS = "        0".repeat(5);

export function sortedServices(services: readonly IpvsService[]): IpvsService[] {
  return mergeSort(services, (a, b) => compareServices(a.key, b.key)).map((service) => ({
    ...service,
    servers: mergeSort(service.servers, compareServers),
  }));
}

export function listServices(services: readonly IpvsService[], format: IpvsListFormat, withVersion: boolean): string {
  const lines = services.flatMap((service) => [
    serviceLine(service, format),
    ...service.servers.map((server) => serverLine(service, server, format)),
  ]);
  return (withVersion ? VERSION_LINE : "") + TITLES[format.kind] + lines.map((line) => `${line}\n`).join("");
}

function serviceLine(service: IpvsService, format: IpvsListFormat): string {
  const name = nameOf(service, format);
  if (format.kind === "stats" || format.kind === "rate") return name.padEnd(33) + ZEROS;
  let line = `${name} ${service.scheduler}`;
  if (service.flags.length > 0) line += ` (${printFlags(service)})`;
  if (service.persistence !== undefined) {
    line += ` persistent ${service.persistence}`;
    if (service.netmask !== undefined) line += ` mask ${maskText(service.key.family, service.netmask)}`;
    if (service.engine !== undefined) line += ` pe ${service.engine}`;
  }
  return service.onePacket ? `${line} ops` : line;
}

function nameOf({ key }: IpvsService, format: IpvsListFormat): string {
  if (key.fwmark !== undefined) return `FWM  ${key.fwmark | 0}${key.family === 6 ? " IPv6" : ""}`;
  const endpoint = endpointText(key.address, key.port, key.protocol, format.numeric);
  return `${(PROTOCOLS[key.protocol] ?? "").padEnd(4)} ${endpoint}`;
}

function maskText(family: 4 | 6, mask: number): string {
  return family === 6 ? String(mask) : formatAddress(Uint8Array.of(mask >>> 24, mask >>> 16, mask >>> 8, mask));
}

function serverLine({ key }: IpvsService, server: IpvsServer, format: IpvsListFormat): string {
  const protocol = key.fwmark === undefined ? key.protocol : 6;
  const endpoint = endpointText(server.address, server.port, protocol, format.numeric).padEnd(28);
  const counts = "0          0         ";
  switch (format.kind) {
    case "stats":
    case "rate":
      return `  -> ${endpoint}${ZEROS}`;
    case "thresholds": {
      const [upper, lower] = [server.upperThreshold, server.lowerThreshold].map((one) => String(one).padEnd(10));
      return `  -> ${endpoint} ${upper} ${lower} ${counts}`;
    }
    case "persistent":
      return `  -> ${endpoint} ${String(server.weight).padEnd(9)} 0           ${counts}`;
    case "plain": {
      const method = format.isLocal(server.address) ? "Local" : METHODS[server.method];
      return `  -> ${endpoint} ${method.padEnd(7)} ${String(server.weight).padEnd(6)} ${counts}`;
    }
  }
}

/** Without `-n` ports have their service's name, and the loopback address is localhost. */
function endpointText(address: Uint8Array, port: number, protocol: number, numeric: boolean): string {
  const text = printEndpoint(address, port);
  if (numeric) return text;
  const name = serviceName(port, protocol);
  const host = text.slice(0, text.lastIndexOf(":"));
  return `${host === "127.0.0.1" ? "localhost" : host}:${name ?? port}`;
}

/** An endpoint of a saved line, with names. */
export function namedServices(endpoint: string, option: string): string {
  const colon = endpoint.lastIndexOf(":");
  if (colon < 0) return endpoint;
  const protocol = option === "-u" ? 17 : option === "--sctp-service" ? 132 : 6;
  const host = endpoint.slice(0, colon);
  const port = Number(endpoint.slice(colon + 1));
  return `${host === "127.0.0.1" ? "localhost" : host}:${serviceName(port, protocol) ?? port}`;
}
