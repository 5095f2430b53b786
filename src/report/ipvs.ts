import { ForwardMethod } from "../../assembly/abi/ipvs.ts";
import type { LoadedServices } from "../compile/ipvs.ts";
import type { IpvsCounters, IpvsServerState, IpvsServiceState } from "../compile/ipvs-reader.ts";
import { formatAddress } from "../config/address.ts";
import { printEndpoint, printFlags } from "../config/ipvs/address.ts";
import type { IpvsService } from "../model/ipvs.ts";
import { compareServers, compareServices, mergeSort } from "./ipvs-order.ts";

const VERSION_LINE = "IP Virtual Server version 1.2.1 (size=4096)\n";

const PROTOCOLS: Readonly<Record<number, string>> = { 6: "TCP", 17: "UDP", 132: "SCTP" };

const METHODS: Readonly<Record<number, string>> = {
  [ForwardMethod.Masq]: "Masq",
  [ForwardMethod.LocalNode]: "Local",
  [ForwardMethod.Tunnel]: "Tunnel",
  [ForwardMethod.DirectRoute]: "Route",
};

interface ListedService {
  readonly service: IpvsService;
  readonly state: IpvsServiceState;
}

/** What `ipvsadm -Ln` prints. */
export function reportIpvsServices(services: LoadedServices): string {
  const title = "Prot LocalAddress:Port Scheduler Flags\n";
  const serverTitle = "  -> RemoteAddress:Port           Forward Weight ActiveConn InActConn\n";
  return list(services, title + serverTitle, serviceLine, serverLine);
}

/** What `ipvsadm -Ln --stats --exact` prints, right after the estimator ran. */
export function reportIpvsStats(services: LoadedServices): string {
  const title = "Prot LocalAddress:Port               Conns   InPkts  OutPkts  InBytes OutBytes\n";
  return list(
    services,
    `${title}  -> RemoteAddress:Port\n`,
    ({ service, state }) => nameOf(service).padEnd(33) + numbers(state.counters),
    (server) => `  -> ${endpointOf(server).padEnd(28)}${numbers(server.counters)}`,
  );
}

function list(
  services: LoadedServices,
  titles: string,
  ofService: (listed: ListedService) => string,
  ofServer: (server: IpvsServerState) => string,
): string {
  const listed = services.read().map((state) => ({ state, service: services.service(state.number)! }));
  const lines: string[] = [];
  for (const each of mergeSort(listed, (a, b) => compareServices(a.service.key, b.service.key))) {
    lines.push(ofService(each));
    for (const server of mergeSort(each.state.servers, compareServers)) lines.push(ofServer(server));
  }
  return VERSION_LINE + titles + lines.map((line) => `${line}\n`).join("");
}

function nameOf({ key }: IpvsService): string {
  // The tool prints marks as signed numbers.
  if (key.fwmark !== undefined) return `FWM  ${key.fwmark | 0}${key.family === 6 ? " IPv6" : ""}`;
  return `${(PROTOCOLS[key.protocol] ?? "").padEnd(4)} ${printEndpoint(key.address, key.port)}`;
}

function serviceLine({ service }: ListedService): string {
  let line = `${nameOf(service)} ${service.scheduler}`;
  if (service.flags.length > 0) line += ` (${printFlags(service)})`;
  if (service.persistence !== undefined) {
    line += ` persistent ${service.persistence}`;
    if (service.netmask !== undefined) line += ` mask ${maskText(service.key.family, service.netmask)}`;
  }
  return service.onePacket ? `${line} ops` : line;
}

function maskText(family: 4 | 6, mask: number): string {
  return family === 6 ? String(mask) : formatAddress(Uint8Array.of(mask >>> 24, mask >>> 16, mask >>> 8, mask));
}

function serverLine(server: IpvsServerState): string {
  const method = (METHODS[server.method] ?? "").padEnd(7);
  const counts = [server.active, server.inactive].map((count) => String(count).padEnd(10));
  return `  -> ${endpointOf(server).padEnd(28)} ${method} ${String(server.weight).padEnd(6)} ${counts.join(" ")}`;
}

function endpointOf(server: IpvsServerState): string {
  return printEndpoint(server.address, server.port);
}

function numbers(counters: IpvsCounters): string {
  const { connections, inPackets, outPackets, inBytes, outBytes } = counters;
  return [connections, inPackets, outPackets, inBytes, outBytes].map(exactNumber).join("");
}

/** Nine wide; longer numbers keep a blank before them. */
function exactNumber(value: bigint): string {
  const text = String(value);
  return text.length > 8 ? ` ${text}` : text.padStart(9);
}
