import { readLink } from "./link.ts";
import { LinkHeader } from "./link-header.ts";
import { macAt, type NodeInterface, type NodeMacs } from "./node-macs.ts";
import type { CapturePacket } from "./packet.ts";

/** Where the packets of a capture without interface names were taken. */
export type Inference =
  /** All at one interface. */
  | { readonly kind: "one"; readonly interface: NodeInterface }
  /** At several: ask {@link interfaceOf} for each packet. */
  | { readonly kind: "each"; readonly interfaces: readonly NodeInterface[] }
  /** It cannot be told; `advice` says why and what to do. */
  | { readonly kind: "unknown"; readonly advice: string };

/**
 * Which interface of the node a packet passed, by itself: by the interface index of its cooked header, the destination
 * address of a frame that came in, or the source address of one that went out.
 *
 * @returns undefined when that does not tell, or more than one interface has the address.
 */
export function interfaceOf(packet: CapturePacket, link: LinkHeader, node: NodeMacs): NodeInterface | undefined {
  if (link.ifindex !== 0) return node.interfaces.find(({ ifindex }) => ifindex === link.ifindex);
  const owners = ownersOf(packet, link, node);
  return owners.length === 1 ? owners[0] : undefined;
}

function ownersOf(packet: CapturePacket, link: LinkHeader, node: NodeMacs): readonly NodeInterface[] {
  const { data } = packet;
  const receivers = link.destinationMac < 0 ? [] : node.owners(macAt(data, link.destinationMac));
  if (receivers.length > 0 || link.sourceMac < 0) return receivers;
  return node.owners(macAt(data, link.sourceMac));
}

/**
 * Infers the interface from the first packets of a capture. Tools that write pcap capture at one interface mostly, so
 * that one address of the node is enough, and broadcasts count with it.
 *
 * @param packets a few thousand, at least one of which was sent to the node or by it.
 */
export function inferInterface(packets: readonly CapturePacket[], node: NodeMacs): Inference {
  const link = new LinkHeader();
  const found = new Set<NodeInterface>();
  const shared = new Set<NodeInterface>();
  for (const packet of packets) {
    readLink(packet, link);
    const one = interfaceOf(packet, link, node);
    if (one) found.add(one);
    else for (const owner of ownersOf(packet, link, node)) shared.add(owner);
  }
  const interfaces = [...found];
  if (interfaces.length === 1) return { kind: "one", interface: interfaces[0] };
  if (interfaces.length > 1) return { kind: "each", interfaces };
  return { kind: "unknown", advice: adviseFor(packets, [...shared], node) };
}

function adviseFor(packets: readonly CapturePacket[], shared: readonly NodeInterface[], node: NodeMacs): string {
  const option = "say where it was taken: --interface NAME (local for what the node itself sends)";
  if (shared.length > 0) {
    const names = shared.map(({ name }) => name).join(", ");
    return `the capture names no interface, and ${names} have the same MAC address; ${option}`;
  }
  const names = node.interfaces.map(({ name, mac }) => (mac ? `${name} (${formatMac(mac)})` : name)).join(", ");
  const why = hasAddresses(packets)
    ? "no frame is to or from a MAC address of the node"
    : "its packets have no MAC address that would tell";
  return `the capture names no interface, and ${why}. The node's interfaces: ${names}; ${option}`;
}

function hasAddresses(packets: readonly CapturePacket[]): boolean {
  const link = new LinkHeader();
  return packets.some((packet) => {
    readLink(packet, link);
    return link.destinationMac >= 0;
  });
}

function formatMac(mac: Uint8Array): string {
  return [...mac].map((byte) => byte.toString(16).padStart(2, "0")).join(":");
}
