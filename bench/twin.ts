import { accumulate, type Checked } from "./accumulator.ts";
import { CHUNK_HEADER, type Chunk } from "./chunk.ts";
import { type Backend, type BenchService, ETHERNET, GATEWAY_MACS, NODE_MACS } from "./network.ts";

const IPV4 = ETHERNET;
const TRANSPORT = IPV4 + 20;
const TCP = 6;
const HEADER_BYTES = 60;
const OUTPUT_SLOTS = 1 << 16;

/** TCP states as conntrack numbers them: how a flag moves the state is a table of eight flags by eight states. */
const STATES = 8;

/**
 * The core path of the emulator's job written as one would in plain TypeScript, with typed arrays: walk the records of a
 * chunk, check the headers, look the flow up in both directions, count it, keep its TCP state, rewrite the packet with
 * incremental checksums, copy its headers out, write a verdict. New flows take the next server of their service. It has no
 * hooks, rules, TCP windows, timeouts or marks: it is the least that any implementation has to do, and so the yardstick.
 */
export class Twin {
  /** Headers of packets as they went out, 64 bytes a slot; the oldest are written over. */
  readonly #output = new Uint8Array(OUTPUT_SLOTS * 64);
  readonly #verdicts = new Uint32Array(OUTPUT_SLOTS * 2);
  readonly #services = new Map<
    number,
    { readonly backends: readonly Backend[]; next: number; readonly service: BenchService }
  >();
  readonly #mask: number;
  readonly #slots: Uint32Array;
  /** Source, destination, ports and protocol of each direction of each flow. */
  readonly #tuples: Uint32Array;
  /** What a direction's packets become: address and ports. */
  readonly #newAddress: Uint32Array;
  readonly #newPort: Uint16Array;
  readonly #packets: Float64Array;
  readonly #bytes: Float64Array;
  readonly #lastSeen: Float64Array;
  readonly #state: Uint8Array;
  readonly #transitions = new Uint8Array(STATES * 256);
  #flows = 0;
  #sent = 0;

  constructor(services: readonly BenchService[], capacity: number) {
    const size = 2 ** Math.ceil(Math.log2(capacity * 4));
    this.#mask = size - 1;
    this.#slots = new Uint32Array(size);
    this.#tuples = new Uint32Array((capacity + 1) * 8);
    this.#newAddress = new Uint32Array((capacity + 1) * 2);
    this.#newPort = new Uint16Array((capacity + 1) * 2);
    this.#packets = new Float64Array((capacity + 1) * 2);
    this.#bytes = new Float64Array((capacity + 1) * 2);
    this.#lastSeen = new Float64Array(capacity + 1);
    this.#state = new Uint8Array(capacity + 1);
    for (const service of services) {
      const key = serviceKey(service.address, service.port);
      this.#services.set(key, { backends: service.backends, next: 0, service });
    }
    for (let state = 0; state < STATES; state++) {
      for (let flags = 0; flags < 256; flags++) this.#transitions[state * 256 + flags] = nextState(state, flags);
    }
  }

  run(chunks: readonly Chunk[]): void {
    for (const chunk of chunks) this.#process(chunk, undefined);
  }

  /** Runs chunks and sums up what left. */
  check(chunks: readonly Chunk[]): Checked {
    const checked = { packets: 0, accumulator: 0 };
    for (const chunk of chunks) this.#process(chunk, checked);
    return checked;
  }

  #process({ bytes }: Chunk, checked: Checked | undefined): void {
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    for (let at = 0; at < bytes.length; at += view.getUint32(at + CHUNK_HEADER.size, true)) {
      const frame = at + CHUNK_HEADER.length;
      if (view.getUint16(frame + 12) !== 0x0800 || bytes[frame + IPV4] !== 0x45) continue;
      if (bytes[frame + IPV4 + 9] !== TCP) continue;
      const time = view.getUint32(at + CHUNK_HEADER.time, true);
      if (this.#packet(view, bytes, frame, time) && checked) accumulate(checked, this.#lastHeader());
    }
  }

  #lastHeader(): Uint8Array {
    const slot = ((this.#sent - 1) & (OUTPUT_SLOTS - 1)) * 64;
    return this.#output.subarray(slot, slot + HEADER_BYTES);
  }

  #packet(view: DataView, bytes: Uint8Array, frame: number, time: number): boolean {
    const source = view.getUint32(frame + IPV4 + 12);
    const destination = view.getUint32(frame + IPV4 + 16);
    const ports = view.getUint32(frame + TRANSPORT);
    let tuple = this.#find(source, destination, ports);
    if (tuple === 0) {
      tuple = this.#create(source, destination, ports);
      if (tuple === 0) return false;
    }
    const flow = tuple >>> 1;
    const length = view.getUint16(frame + IPV4 + 2);
    this.#packets[tuple]! += 1;
    this.#bytes[tuple]! += length;
    this.#lastSeen[flow] = time;
    this.#state[flow] = this.#transitions[this.#state[flow]! * 256 + bytes[frame + TRANSPORT + 13]!]!;
    this.#rewrite(view, bytes, frame, tuple);
    return true;
  }

  #find(source: number, destination: number, ports: number): number {
    const tuples = this.#tuples;
    for (let slot = hash(source, destination, ports) & this.#mask; ; slot = (slot + 1) & this.#mask) {
      const tuple = this.#slots[slot]!;
      if (tuple === 0) return 0;
      const at = tuple * 4;
      if (tuples[at] === source && tuples[at + 1] === destination && tuples[at + 2] === ports) return tuple;
    }
  }

  #create(source: number, destination: number, ports: number): number {
    const found = this.#services.get(serviceKey(destination, ports & 0xffff));
    if (!found) return 0;
    const backend = found.backends[found.next]!;
    found.next = (found.next + 1) % found.backends.length;
    const flow = ++this.#flows;
    const original = flow * 2;
    const clientPort = ports >>> 16;
    this.#insert(original, source, destination, ports);
    this.#insert(original + 1, backend.address, source, ((backend.port << 16) | clientPort) >>> 0);
    this.#newAddress[original] = backend.address;
    this.#newPort[original] = backend.port;
    this.#newAddress[original + 1] = destination;
    this.#newPort[original + 1] = ports & 0xffff;
    return original;
  }

  #insert(tuple: number, source: number, destination: number, ports: number): void {
    this.#tuples.set([source, destination, ports], tuple * 4);
    let slot = hash(source, destination, ports) & this.#mask;
    while (this.#slots[slot] !== 0) slot = (slot + 1) & this.#mask;
    this.#slots[slot] = tuple;
  }

  /** Destination of the original direction, source of replies; TTL, MAC addresses, both checksums; headers and verdict out. */
  #rewrite(view: DataView, bytes: Uint8Array, frame: number, tuple: number): void {
    const isReply = (tuple & 1) === 1;
    const addressAt = frame + IPV4 + (isReply ? 12 : 16);
    const portAt = frame + TRANSPORT + (isReply ? 0 : 2);
    const oldAddress = view.getUint32(addressAt);
    const oldPort = view.getUint16(portAt);
    const address = this.#newAddress[tuple]!;
    const port = this.#newPort[tuple]!;
    const oldTtl = view.getUint16(frame + IPV4 + 8);
    const slot = (this.#sent++ & (OUTPUT_SLOTS - 1)) * 64;
    const output = this.#output;
    for (let i = 0; i < HEADER_BYTES; i++) output[slot + i] = bytes[frame + i]!;
    const side = isReply ? 0 : 1;
    output.set(GATEWAY_MACS[side], slot);
    output.set(NODE_MACS[side], slot + 6);
    output[slot + IPV4 + 8] = bytes[frame + IPV4 + 8]! - 1;
    put32(output, slot + IPV4 + (isReply ? 12 : 16), address);
    put16(output, slot + TRANSPORT + (isReply ? 0 : 2), port);
    const addressChange =
      ((~oldAddress >>> 16) & 0xffff) + (~oldAddress & 0xffff) + (address >>> 16) + (address & 0xffff);
    const ttlChange = (~oldTtl & 0xffff) + oldTtl - 0x100;
    const portChange = (~oldPort & 0xffff) + port;
    put16(output, slot + IPV4 + 10, adjust(view.getUint16(frame + IPV4 + 10), addressChange + ttlChange));
    put16(output, slot + TRANSPORT + 16, adjust(view.getUint16(frame + TRANSPORT + 16), addressChange + portChange));
    const verdict = (this.#sent & (OUTPUT_SLOTS - 1)) * 2;
    this.#verdicts[verdict] = tuple;
    this.#verdicts[verdict + 1] = 1;
  }
}

function hash(source: number, destination: number, ports: number): number {
  let mixed = Math.imul(source ^ ports, 0x9e3779b1) ^ destination;
  mixed = Math.imul(mixed ^ (mixed >>> 15), 0x85ebca6b);
  return mixed ^ (mixed >>> 13);
}

function serviceKey(address: number, port: number): number {
  return address * 0x10000 + port;
}

/** RFC 1624, equation 3, with the sum of the complements of old words and of new words. */
function adjust(checksum: number, change: number): number {
  let sum = (~checksum & 0xffff) + change;
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >>> 16);
  return ~sum & 0xffff;
}

function put16(bytes: Uint8Array, at: number, value: number): void {
  bytes[at] = value >>> 8;
  bytes[at + 1] = value;
}

function put32(bytes: Uint8Array, at: number, value: number): void {
  put16(bytes, at, value >>> 16);
  put16(bytes, at + 2, value & 0xffff);
}

function nextState(state: number, flags: number): number {
  if (flags & 4) return 7;
  if (flags & 1) return Math.min(state + 1, 6);
  return flags & 2 ? Math.max(state, 1) : Math.max(state, 3);
}
