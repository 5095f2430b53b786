import type { LoadedServices } from "../compile/ipvs.ts";
import { listedServices } from "./ipvs.ts";
import { protocolName, stateText } from "./ipvs-connections.ts";
import { IPVS_VERSION_LINE, type ListedServer, type ListedService } from "./ipvs-list.ts";

/** What /proc/net shows of IPVS (net/netfilter/ipvs/ip_vs_ctl.c, ip_vs_conn.c): addresses in hexadecimal. */

const PROTOCOLS: Readonly<Record<number, string>> = { 6: "TCP", 17: "UDP", 132: "SCTP" };

/**
 * /proc/net/ip_vs: servers in the order of the kernel's list. Services stand newest first; the kernel's order of them is that of
 * a hash table, and arbitrary.
 *
 * @param hz ticks in a second: persistence timeouts are in ticks.
 */
export function procServices(services: LoadedServices, hz: number): string {
  const titles =
    "Prot LocalAddress:Port Scheduler Flags\n  -> RemoteAddress:Port Forward Weight ActiveConn InActConn\n";
  const listed = listedServices(services, "plain");
  const marked = ({ service }: ListedService) => service.key.fwmark !== undefined;
  const ordered = [...listed.filter((each) => !marked(each)), ...listed.filter(marked)];
  return IPVS_VERSION_LINE + titles + ordered.map((each) => serviceText(each, hz)).join("");
}

function serviceText({ service, servers }: ListedService, hz: number): string {
  const { key, scheduler, persistence, netmask, onePacket } = service;
  let line: string;
  if (key.fwmark !== undefined) line = `FWM  ${hex(key.fwmark, 8)} ${scheduler} ${onePacket ? "ops " : ""}`;
  else if (key.family === 6) line = `${PROTOCOLS[key.protocol]}  ${endpoint(key.address, key.port)} ${scheduler} `;
  else line = `${PROTOCOLS[key.protocol]}  ${endpoint(key.address, key.port)} ${scheduler} ${onePacket ? "ops " : ""} `;
  if (persistence !== undefined) {
    const mask = netmask ?? (key.family === 4 ? 0xffffffff : 128);
    // The kernel prints a prefix length as if it were an address.
    const word = key.family === 4 ? mask : (mask << 24) >>> 0;
    line += `persistent ${persistence * hz} ${hex(word, 8)}`;
  }
  return `${line}\n${servers.map(serverText).join("")}`;
}

function serverText({ address, port, method, weight, active, inactive }: ListedServer): string {
  const columns = [method.padEnd(7), String(weight).padEnd(6), String(active).padEnd(10), String(inactive).padEnd(10)];
  return `  -> ${endpoint(address, port)}      ${columns.join(" ")}\n`;
}

/** /proc/net/ip_vs_conn; the kernel's order is arbitrary, here the lines are sorted. */
export function procConnections(services: LoadedServices): string {
  const title = "Pro FromIP   FPrt ToIP     TPrt DestIP   DPrt State       Expires PEName PEData\n";
  const lines = services.readConnections().map((connection) => {
    const { client, clientPort, virtual, virtualPort, server, serverPort, remainingSeconds, callId } = connection;
    const data = callId === undefined ? "" : ` sip ${callId}`;
    const ends = [
      [client, clientPort],
      [virtual, virtualPort],
      [server, serverPort],
    ] as const;
    const columns = ends.map(([address, port]) => `${addressText(address)} ${hex(port, 4)}`).join(" ");
    const state = stateText(connection).padEnd(11);
    return `${protocolName(connection.protocol).padEnd(3)} ${columns} ${state} ${String(remainingSeconds).padStart(7)}${data}\n`;
  });
  return title + lines.sort().join("");
}

function endpoint(address: Uint8Array, port: number): string {
  const text = address.length === 4 ? addressText(address) : `[${addressText(address)}]`;
  return `${text}:${hex(port, 4)}`;
}

/** IPv4 as one number, IPv6 in full. */
function addressText(address: Uint8Array): string {
  const digits = [...address].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  return address.length === 4 ? digits.toUpperCase() : digits.replace(/(.{4})(?=.)/g, "$1:");
}

function hex(value: number, width: number): string {
  return value.toString(16).toUpperCase().padStart(width, "0");
}
