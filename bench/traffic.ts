import type { BenchPacket } from "./chunk.ts";
import { type BenchService, ETHERNET, GATEWAY_MACS, NODE_MACS } from "./network.ts";

export const SYN = 0x02;
export const ACK = 0x10;

/** One end of a TCP connection. */
export interface End {
  readonly address: number;
  readonly port: number;
}

/** A client's connection to a service, and the server that the round robin gives it. */
export interface Flow {
  readonly client: End;
  readonly service: End;
  readonly server: End;
}

/** Device numbers of the bench node's interfaces. */
const ETH0 = 2;
const ETH1 = 3;

const CLIENT_NET = 0x0b000000;
const HEADERS = ETHERNET + 40;

/** Flow number `i` goes to service `i mod services`, whose servers take turns. */
export function makeFlows(services: readonly BenchService[], count: number, first = 0): Flow[] {
  return Array.from({ length: count }, (_, k) => {
    const i = first + k;
    const service = services[i % services.length]!;
    const turn = Math.floor(i / services.length) % service.backends.length;
    return {
      client: { address: CLIENT_NET + (i >>> 14), port: 1024 + (i & 0x3fff) },
      service,
      server: service.backends[turn]!,
    };
  });
}

/** The client's packet as it arrives. */
export function fromClient(
  { client, service }: Flow,
  flags: number,
  sequence: number,
  acknowledged: number,
): BenchPacket {
  return { device: ETH0, frame: tcpFrame(0, client, service, flags, sequence, acknowledged) };
}

/** The server's packet as it arrives. */
export function fromServer(
  { client, server }: Flow,
  flags: number,
  sequence: number,
  acknowledged: number,
): BenchPacket {
  return { device: ETH1, frame: tcpFrame(1, server, client, flags, sequence, acknowledged) };
}

/** SYN, SYN-ACK and ACK of every flow. */
export function handshakes(flows: readonly Flow[]): BenchPacket[] {
  return [
    ...flows.map((flow) => fromClient(flow, SYN, 1000, 0)),
    ...flows.map((flow) => fromServer(flow, SYN | ACK, 5000, 1001)),
    ...flows.map((flow) => fromClient(flow, ACK, 1001, 5001)),
  ];
}

/** Packets of established flows in both directions alike, flows in a random but repeatable order. */
export function established(flows: readonly Flow[], count: number): BenchPacket[] {
  let state = 12345;
  return Array.from({ length: count }, (_, i) => {
    state = (Math.imul(state, 1103515245) + 12345) >>> 0;
    const flow = flows[state % flows.length]!;
    return i % 2 === 0 ? fromClient(flow, ACK, 1001, 5001) : fromServer(flow, ACK, 5001, 1001);
  });
}

/** A TCP frame of 60 bytes with right checksums, as it reaches the node's interface on this side. */
function tcpFrame(side: 0 | 1, from: End, to: End, flags: number, sequence: number, acknowledged: number): Uint8Array {
  const payload = flags & SYN ? 0 : 6;
  const frame = new Uint8Array(HEADERS + payload);
  const view = new DataView(frame.buffer);
  frame.set(NODE_MACS[side], 0);
  frame.set(GATEWAY_MACS[side], 6);
  view.setUint16(12, 0x0800);
  view.setUint16(ETHERNET, 0x4500);
  view.setUint16(ETHERNET + 2, 40 + payload);
  view.setUint16(ETHERNET + 8, 0x4006);
  view.setUint32(ETHERNET + 12, from.address);
  view.setUint32(ETHERNET + 16, to.address);
  view.setUint16(ETHERNET + 10, checksum(view, ETHERNET, 20, 0));
  const tcp = ETHERNET + 20;
  view.setUint16(tcp, from.port);
  view.setUint16(tcp + 2, to.port);
  view.setUint32(tcp + 4, sequence);
  view.setUint32(tcp + 8, flags & ACK ? acknowledged : 0);
  view.setUint16(tcp + 12, 0x5000 | flags);
  view.setUint16(tcp + 14, 64240);
  const pseudo = words(from.address) + words(to.address) + 6 + 20 + payload;
  view.setUint16(tcp + 16, checksum(view, tcp, 20 + payload, pseudo));
  return frame;
}

function words(address: number): number {
  return (address >>> 16) + (address & 0xffff);
}

function checksum(view: DataView, at: number, length: number, start: number): number {
  let sum = start;
  for (let i = 0; i < length; i += 2) sum += view.getUint16(at + i);
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >>> 16);
  return ~sum & 0xffff;
}
