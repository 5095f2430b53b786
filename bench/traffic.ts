import { type Chunk, ChunkBuilder } from "./chunk.ts";
import { type BenchService, ETHERNET, GATEWAY_MACS, NODE_MACS } from "./network.ts";

export const FIN = 0x01;
export const SYN = 0x02;
export const RST = 0x04;
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
/** Payload of established packets: frames of 60 bytes. */
const PAYLOAD = 6;
/** Options of a SYN: maximum segment size, selective acknowledgements. */
const SYN_OPTIONS = [0x020405b4, 0x01010402];

/** Begun connections, and packets that go on in them. */
export const OPENING_NS = 1_000_000_000n;
export const ESTABLISHED_NS = 2_000_000_000n;

/** Flows by number: `i` goes to service `i mod services`, whose servers take turns. */
export class Flows {
  readonly #services: readonly BenchService[];
  readonly first: number;
  readonly count: number;

  constructor(services: readonly BenchService[], count: number, first = 0) {
    this.#services = services;
    this.count = count;
    this.first = first;
  }

  at(k: number): Flow {
    const i = this.first + k;
    const service = this.#services[i % this.#services.length]!;
    const turn = Math.floor(i / this.#services.length) % service.backends.length;
    return {
      client: { address: CLIENT_NET + (i >>> 14), port: 1024 + (i & 0x3fff) },
      service,
      server: service.backends[turn]!,
    };
  }
}

/** The first packet of every flow. */
export function openings(flows: Flows): Chunk[] {
  const builder = new ChunkBuilder(OPENING_NS);
  for (let i = 0; i < flows.count; i++) fromClient(builder, flows.at(i), SYN, 1000, 0);
  return builder.end();
}

/** A packet that every flow sends. */
interface Segment {
  readonly send: typeof fromClient;
  readonly flags: number;
  readonly sequence: number;
  readonly acknowledged: number;
}

const HANDSHAKE: readonly Segment[] = [
  { send: fromClient, flags: SYN, sequence: 1000, acknowledged: 0 },
  { send: fromServer, flags: SYN | ACK, sequence: 5000, acknowledged: 1001 },
  { send: fromClient, flags: ACK, sequence: 1001, acknowledged: 5001 },
];

/** SYN, SYN-ACK and ACK of every flow. */
export function handshakes(flows: Flows): Chunk[] {
  return [...eachHandshake(flows)];
}

/** The same, chunk by chunk. */
export function* eachHandshake(flows: Flows): Generator<Chunk> {
  const builder = new ChunkBuilder(OPENING_NS);
  for (const { send, flags, sequence, acknowledged } of HANDSHAKE) {
    for (let i = 0; i < flows.count; i++) {
      send(builder, flows.at(i), flags, sequence, acknowledged);
      yield* builder.take();
    }
  }
  yield* builder.end();
}

/** Every flow begins, says so many packets in turns, and is reset. */
export function writeConversations(builder: ChunkBuilder, flows: Flows, packets: number): void {
  for (let i = 0; i < flows.count; i++) fromClient(builder, flows.at(i), SYN, 1000, 0);
  for (let i = 0; i < flows.count; i++) fromServer(builder, flows.at(i), SYN | ACK, 5000, 1001);
  for (let said = 0; said < packets; said++) {
    for (let i = 0; i < flows.count; i++) {
      if (said % 2 === 0) fromClient(builder, flows.at(i), ACK, 1001, 5001);
      else fromServer(builder, flows.at(i), ACK, 5001, 1001);
    }
  }
  for (let i = 0; i < flows.count; i++) fromClient(builder, flows.at(i), RST, 1001, 0);
}

/** Connections under way at a time, in {@link conversations}. */
const AT_ONCE = 50;

/** Connections from SYN to the last ACK, of which each says so many packets in turns. */
export function conversations(flows: Flows, packets: number): Chunk[] {
  const builder = new ChunkBuilder(OPENING_NS);
  const segments: Segment[] = [
    ...HANDSHAKE,
    ...Array.from({ length: packets }, (_, said) =>
      said % 2 === 0
        ? { send: fromClient, flags: ACK, sequence: 1001, acknowledged: 5001 }
        : { send: fromServer, flags: ACK, sequence: 5001, acknowledged: 1001 },
    ),
    { send: fromClient, flags: FIN | ACK, sequence: 1001, acknowledged: 5001 },
    { send: fromServer, flags: FIN | ACK, sequence: 5001, acknowledged: 1002 + PAYLOAD },
    { send: fromClient, flags: ACK, sequence: 1002 + PAYLOAD, acknowledged: 5002 + PAYLOAD },
  ];
  for (let first = 0; first < flows.count; first += AT_ONCE) {
    for (const { send, flags, sequence, acknowledged } of segments) {
      for (let i = first; i < Math.min(first + AT_ONCE, flows.count); i++) {
        send(builder, flows.at(i), flags, sequence, acknowledged);
      }
    }
  }
  return builder.end();
}

/** Which flow the next packet belongs to. */
export type Pick = () => number;

/** Every flow as often as any other, in a random but repeatable order. */
export function uniform(count: number): Pick {
  let state = 12345;
  return () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) % count;
  };
}

/** The flow of rank r as often as 1 / r, ranks spread over the flows. */
export function zipf(count: number): Pick {
  const sums = new Float64Array(count);
  let total = 0;
  for (let i = 0; i < count; i++) sums[i] = total += 1 / (i + 1);
  const random = uniform(2 ** 32);
  return () => {
    const wanted = (random() / 2 ** 32) * total;
    let [low, high] = [0, count - 1];
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (sums[middle]! < wanted) low = middle + 1;
      else high = middle;
    }
    return (low * 7919) % count;
  };
}

/** Packets of established flows in both directions alike. */
export function established(flows: Flows, count: number, pick: Pick = uniform(flows.count)): Chunk[] {
  const builder = new ChunkBuilder(ESTABLISHED_NS);
  for (let i = 0; i < count; i++) {
    const flow = flows.at(pick());
    if (i % 2 === 0) fromClient(builder, flow, ACK, 1001, 5001);
    else fromServer(builder, flow, ACK, 5001, 1001);
  }
  return builder.end();
}

/** The client's packet as it arrives. */
function fromClient(builder: ChunkBuilder, { client, service }: Flow, flags: number, seq: number, ack: number): void {
  writeTcp(builder, 0, client, service, flags, seq, ack);
}

/** The server's packet as it arrives. */
function fromServer(builder: ChunkBuilder, { client, server }: Flow, flags: number, seq: number, ack: number): void {
  writeTcp(builder, 1, server, client, flags, seq, ack);
}

/** A TCP frame with right checksums, as it reaches the node's interface on this side. */
function writeTcp(
  builder: ChunkBuilder,
  side: 0 | 1,
  from: End,
  to: End,
  flags: number,
  sequence: number,
  acknowledged: number,
): void {
  const size = flags & SYN ? 28 : 20 + PAYLOAD;
  const frame = builder.add(HEADERS - 20 + size, side === 0 ? ETH0 : ETH1);
  const { view } = builder;
  const ip = writeHeaders(view, frame, side, from, to, 6, 20 + size);
  const tcp = ip + 20;
  view.setUint32(tcp + 4, sequence);
  view.setUint32(tcp + 8, flags & ACK ? acknowledged : 0);
  view.setUint16(tcp + 12, (flags & SYN ? 0x7000 : 0x5000) | flags);
  view.setUint16(tcp + 14, 64240);
  if (flags & SYN) for (const [i, word] of SYN_OPTIONS.entries()) view.setUint32(tcp + 20 + 4 * i, word);
  const pseudo = words(from.address) + words(to.address) + 6 + size;
  view.setUint16(tcp + 16, checksum(view, tcp, size, pseudo));
}

/** Packets of UDP flows between clients and servers, without translation or checksum. */
export function udpPackets(count: number, flowOf: (i: number) => number, isReply: (i: number) => boolean): Chunk[] {
  const builder = new ChunkBuilder(OPENING_NS);
  for (let i = 0; i < count; i++) {
    const flow = flowOf(i);
    const client = { address: CLIENT_NET + (flow >>> 12), port: 1024 + (flow & 0xfff) };
    const server = { address: 0x0a020101 + (flow % 250), port: 53 };
    const side = isReply(i) ? 1 : 0;
    const [from, to] = isReply(i) ? [server, client] : [client, server];
    const frame = builder.add(60, isReply(i) ? ETH1 : ETH0);
    const ip = writeHeaders(builder.view, frame, side, from, to, 17, 46);
    builder.view.setUint16(ip + 24, 26);
  }
  return builder.end();
}

/** Ethernet and IPv4 headers and the ports. @returns where the IPv4 header is. */
function writeHeaders(
  view: DataView,
  frame: number,
  side: 0 | 1,
  from: End,
  to: End,
  protocol: number,
  length: number,
): number {
  const ip = frame + ETHERNET;
  copyMac(view, frame, NODE_MACS[side]);
  copyMac(view, frame + 6, GATEWAY_MACS[side]);
  view.setUint16(frame + 12, 0x0800);
  view.setUint16(ip, 0x4500);
  view.setUint16(ip + 2, length);
  view.setUint16(ip + 8, 0x4000 | protocol);
  view.setUint32(ip + 12, from.address);
  view.setUint32(ip + 16, to.address);
  view.setUint16(ip + 10, checksum(view, ip, 20, 0));
  view.setUint16(ip + 20, from.port);
  view.setUint16(ip + 22, to.port);
  return ip;
}

function copyMac(view: DataView, at: number, mac: Uint8Array): void {
  for (let i = 0; i < 6; i++) view.setUint8(at + i, mac[i]!);
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
