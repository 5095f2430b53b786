import { isSame, maskAddress, maskOf } from "../config/address.ts";
import type { Address } from "../model/address.ts";
import type { Node } from "../model/node.ts";
import { InterfaceError, LOCAL_INTERFACE } from "./arrivals.ts";
import { buildPacket, withEthernet } from "./build-packet.ts";
import type { DescribedPacket } from "./described-packet.ts";

const MAC_BYTES = 6;

/** The bytes of a described packet as they arrive at an interface, or as the node itself sends them (`local`). */
export function describedFrame(node: Node, described: DescribedPacket, on: string): Uint8Array {
  const packet = buildPacket(described);
  const device = node.interfaces.find(({ name }) => name === on);
  if (on === LOCAL_INTERFACE || device?.linkType === "none") return packet;
  const mac = device?.mac ?? new Uint8Array(MAC_BYTES);
  return withEthernet(packet, mac, new Uint8Array(MAC_BYTES));
}

/**
 * Where packets from an address come in: the interface of the longest route to it; the node's own leave by `local`.
 *
 * @throws InterfaceError
 */
export function arrivalInterface({ interfaces, routes }: Node, source: Address): string {
  if (interfaces.some(({ addresses }) => addresses.some(({ address }) => isSame(address, source))))
    return LOCAL_INTERFACE;
  const family = source.length === 4 ? 4 : 6;
  const [best] = routes
    .filter((route) => route.family === family && route.type === "unicast" && route.nextHops[0]?.device)
    .filter((route) => isSame(maskAddress(source, maskOf(family, route.prefixLength)), route.destination))
    .sort((a, b) => b.prefixLength - a.prefixLength);
  const device = best?.nextHops[0]?.device;
  if (device === undefined)
    throw new InterfaceError("no route leads to the source address: say with --on where it arrives");
  return device;
}
