import { formatAddress } from "../../../src/config/address.ts";
import { type IpView, isIcmpError, SCTP, TCP, UDP, uint16, uint32, viewOf } from "./ip-view.ts";

const TRANSPORT_NAMES: Readonly<Record<number, string>> = { [TCP]: "tcp", [UDP]: "udp", [SCTP]: "sctp" };
const FLAGS = ["F", "S", "R", "P", "A", "U", "E", "C"];

/** One line about a frame, for people. */
export function describeFrame(frame: Uint8Array, isEthernet: boolean): string {
  if (!isEthernet) return describePacket(frame);
  if (frame.length < 14) return `short frame of ${frame.length} bytes`;
  return `${mac(frame, 6)} > ${mac(frame, 0)} ${describePacket(frame.subarray(14))}`;
}

function describePacket(packet: Uint8Array): string {
  const view = viewOf(packet);
  if (!view) return `${packet.length} bytes that are no IP packet`;
  const parts = [`${source(packet, view)} > ${destination(packet, view)}`, `ttl ${packet[view.version === 4 ? 8 : 7]}`];
  if (view.version === 4) parts.push(`id ${uint16(packet, 4)}`);
  if (view.fragmentOffset > 0 || view.moreFragments) parts.push(`frag ${view.fragmentOffset}`);
  parts.push(view.fragmentOffset > 0 ? `proto ${view.protocol}` : describeTransport(packet, view));
  parts.push(`len ${packet.length}`);
  return parts.join(" ");
}

function describeTransport(packet: Uint8Array, view: IpView): string {
  const transport = packet.subarray(view.transport, view.end);
  const name = TRANSPORT_NAMES[view.protocol];
  if (name && transport.length >= 8) {
    const ports = `${name} ${uint16(transport, 0)} > ${uint16(transport, 2)}`;
    return view.protocol === TCP && transport.length >= 20 ? `${ports} ${describeTcp(transport)}` : ports;
  }
  if ((view.protocol === 1 || view.protocol === 58) && transport.length >= 4) {
    const message = `icmp ${transport[0]}/${transport[1]}`;
    return isIcmpError(view, packet) && transport.length >= 28
      ? `${message} [${describePacket(transport.subarray(8))}]`
      : message;
  }
  if (view.protocol === 4 || view.protocol === 41) return `tunnel [${describePacket(transport)}]`;
  return `proto ${view.protocol}`;
}

function describeTcp(header: Uint8Array): string {
  const flags = FLAGS.filter((_, bit) => header[13]! & (1 << bit)).join("");
  return `${flags} seq ${uint32(header, 4)} ack ${uint32(header, 8)} win ${uint16(header, 14)}`;
}

function source(packet: Uint8Array, view: IpView): string {
  return view.version === 4 ? address(packet, 12, 4) : address(packet, 8, 16);
}

function destination(packet: Uint8Array, view: IpView): string {
  return view.version === 4 ? address(packet, 16, 4) : address(packet, 24, 16);
}

function address(packet: Uint8Array, at: number, length: number): string {
  return formatAddress(packet.subarray(at, at + length));
}

function mac(frame: Uint8Array, at: number): string {
  return [...frame.subarray(at, at + 6)].map((byte) => byte.toString(16).padStart(2, "0")).join(":");
}
