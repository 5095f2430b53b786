import type { FlowEnd } from "../engine/conversations.ts";
import type { FlowFields } from "../engine/flow-fields.ts";

export function sourceOf({ source, sourcePort }: FlowFields): FlowEnd {
  return { address: source, port: sourcePort };
}

export function destinationOf({ destination, destinationPort }: FlowFields): FlowEnd {
  return { address: destination, port: destinationPort };
}

/** A copy that keeps when the packet's buffer is used again. */
export function copied({ address, port }: FlowEnd): FlowEnd {
  return { address: address.slice(), port };
}

export function endsKey(from: FlowEnd, to: FlowEnd): string {
  return `${from.address.join(".")} ${from.port} ${to.address.join(".")} ${to.port}`;
}

export function ttlOf(packet: Uint8Array): number {
  return packet[packet[0]! >> 4 === 4 ? 8 : 7]!;
}

/** Names the datagram that a packet is a fragment of; undefined for whole packets, and for IPv6. */
export function fragmentKey(
  packet: Uint8Array,
  { family, source, destination, protocol }: FlowFields,
): string | undefined {
  if (family === 6 || (((packet[6]! << 8) | packet[7]!) & 0x3fff) === 0) return undefined;
  return `${protocol} ${source.join(".")} ${destination.join(".")} ${packet[4]} ${packet[5]}`;
}
