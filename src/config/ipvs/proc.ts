import type { Address } from "../../model/address.ts";
import type { IpvsServer, IpvsService, IpvsServiceKey } from "../../model/ipvs.ts";
import { parseIpv6 } from "../address.ts";
import { ConfigError } from "../error.ts";
import { parseEndpoint, printEndpoint, serviceKeyText } from "./address.ts";

/** A service of /proc/net/ip_vs with its servers in the order of the kernel's list. */
export interface ServerOrder {
  readonly key: IpvsServiceKey;
  readonly servers: readonly { readonly address: Address; readonly port: number }[];
}

const PROTOCOLS: Readonly<Record<string, number>> = { TCP: 6, UDP: 17, SCTP: 132 };

/** A service line of /proc/net/ip_vs; `ipvsadm -Ln` prints addresses in their usual form. */
const HEX_TITLE = /^((TCP|UDP|SCTP) +([0-9A-F]{8}|\[[0-9a-f:]{39}\]):[0-9A-F]{4}|FWM +[0-9A-F]{8}) /m;

/** Parses /proc/net/ip_vs (hexadecimal) or what `ipvsadm -Ln` printed (decimal); both begin with a title. */
export function parseIpvsOrder(text: string, file: string): ServerOrder[] {
  const isHex = HEX_TITLE.test(text);
  const orders: { key: IpvsServiceKey; servers: { address: Address; port: number }[] }[] = [];
  for (const [i, line] of text.split("\n").entries()) {
    const [first = "", second = ""] = line.trim().split(/\s+/);
    const fail = (detail: string): never => {
      throw new ConfigError("ERR_SYNTAX", { file, line: i + 1, column: 1 }, `${detail}: \`${line.trim()}'`);
    };
    if (first === "->") {
      if (second.startsWith("RemoteAddress")) continue;
      const server = endpointOf(second, isHex) ?? fail("no real server ADDRESS:PORT");
      (orders.at(-1) ?? fail("a real server before any service")).servers.push(server);
    } else if (first === "FWM") {
      orders.push({ key: firewallMarkKey(line, second, isHex), servers: [] });
    } else if (Object.hasOwn(PROTOCOLS, first)) {
      const { address, port } = endpointOf(second, isHex) ?? fail("no service ADDRESS:PORT");
      const family = address.length === 4 ? 4 : 6;
      orders.push({ key: { family, protocol: PROTOCOLS[first]!, address, port }, servers: [] });
    }
  }
  return orders.map((order) => withServerFamily(order));
}

function firewallMarkKey(line: string, mark: string, isHex: boolean): IpvsServiceKey {
  return { family: line.includes("IPv6") ? 6 : 4, fwmark: Number.parseInt(mark, isHex ? 16 : 10) >>> 0 };
}

/** /proc does not say of which family a firewall mark's service is; its servers do. */
function withServerFamily(order: ServerOrder): ServerOrder {
  if (order.key.fwmark === undefined || order.servers[0]?.address.length !== 16) return order;
  return { ...order, key: { family: 6, fwmark: order.key.fwmark } };
}

function endpointOf(text: string, isHex: boolean): { address: Address; port: number } | undefined {
  if (!isHex) {
    const decimal = parseEndpoint(text);
    return decimal?.port === undefined ? undefined : { address: decimal.address, port: decimal.port };
  }
  const found = /^(?:([0-9A-F]{8})|\[([0-9a-f:]+)\]):([0-9A-F]{4})$/i.exec(text);
  const address = found && (found[1] === undefined ? parseIpv6(found[2]!) : hexAddress(found[1]));
  return address ? { address, port: Number.parseInt(found[3]!, 16) } : undefined;
}

function hexAddress(text: string): Address {
  return Uint8Array.from([0, 2, 4, 6], (at) => Number.parseInt(text.slice(at, at + 2), 16));
}

/** Servers in the order they were entered: the reverse of the kernel's list, where that is known. */
export function inEntryOrder(services: readonly IpvsService[], orders: readonly ServerOrder[]): IpvsService[] {
  const byKey = new Map(orders.map((order) => [serviceKeyText(order.key), order]));
  return services.map((service) => {
    const order = byKey.get(serviceKeyText(service.key));
    return order ? { ...service, servers: reordered(service.servers, order) } : service;
  });
}

function reordered(servers: readonly IpvsServer[], order: ServerOrder): IpvsServer[] {
  const places = new Map(order.servers.map(({ address, port }, i) => [printEndpoint(address, port), i]));
  const placeOf = (server: IpvsServer) => places.get(printEndpoint(server.address, server.port)) ?? -1;
  return [...servers].sort((a, b) => placeOf(b) - placeOf(a));
}
