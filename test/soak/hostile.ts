import type { Emulator } from "../../src/engine/emulator.ts";

/** A stream of packets that somebody sends who means harm. */
export type Stream = (hostile: Hostile) => void;

const NS = 1_000_000_000n;
const MACS = [0x10, 0x11] as const;
const ETHERNET = 14;
const NODE = 0x0a000001;
const CLIENTS = 0x0b000000;
const SERVER = 0x0a010009;
const TCP = 6;
const UDP = 17;
const ICMP = 1;

/** Makes packets and feeds them; what comes is decided by the seed. Checksums of transport headers are not right. */
export class Hostile {
  readonly #emulator: Emulator;
  readonly #frame = new Uint8Array(256);
  readonly #view = new DataView(this.#frame.buffer);
  #state: number;
  #number = 0;
  #time = NS;
  /** Nanoseconds between two packets. */
  pace = 20_000n;

  constructor(emulator: Emulator, seed: number) {
    this.#emulator = emulator;
    this.#state = seed | 1;
  }

  /** Packets sent so far. */
  get packets(): number {
    return this.#number;
  }

  /** Lets everything expire. */
  settle(): void {
    this.#time += 40n * 86_400n * NS;
    this.#emulator.advanceTo(Number(this.#time / NS));
  }

  below(limit: number): number {
    let state = this.#state;
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    this.#state = state;
    return (state >>> 0) % limit;
  }

  /** An opening from an address and port that may be anybody's. */
  syn(): void {
    this.#tcp(CLIENTS + this.below(1 << 20), SERVER, 1024 + this.below(60_000), 80, 0x02);
  }

  /** Any flags, between few ends: connections open and close in every way. */
  anyTcp(): void {
    const client = CLIENTS + this.below(50);
    const port = 1024 + this.below(40);
    if (this.below(2) === 0) this.#tcp(client, SERVER, port, 80, this.below(64));
    else this.#tcp(SERVER, client, 80, port, this.below(64), 1);
  }

  udp(clients: number, ports: number): void {
    const client = CLIENTS + this.below(clients);
    const port = 1024 + this.below(ports);
    if (this.below(4) > 0) this.#udp(client, SERVER, port, 53, 0);
    else this.#udp(SERVER, client, 53, port, 1);
  }

  /** A piece of a datagram whose other pieces may never come, or come over it. */
  fragment(): void {
    const ip = this.#ip(0, CLIENTS + this.below(300), SERVER, UDP, 20 + 64);
    const offset = this.below(6) * 4;
    this.#view.setUint16(ip + 4, this.below(40));
    this.#view.setUint16(ip + 6, (this.below(3) > 0 ? 0x2000 : 0) | offset);
    this.#view.setUint32(ip + 20, (5000 << 16) | 53);
    this.#send(0, ip, 20 + 64);
  }

  /** An error about a connection that may exist. */
  icmpError(): void {
    const ip = this.#ip(1, SERVER + this.below(3), NODE, ICMP, 20 + 36);
    const view = this.#view;
    view.setUint16(ip + 20, 0x0300 | this.below(5));
    const quoted = ip + 28;
    view.setUint32(quoted, 0x4500003c);
    view.setUint16(quoted + 8, 0x4000 | (this.below(2) > 0 ? UDP : TCP));
    view.setUint32(quoted + 12, this.below(2) > 0 ? 0x0a010001 : CLIENTS + this.below(64));
    view.setUint32(quoted + 16, SERVER);
    view.setUint16(quoted + 20, 1024 + this.below(60_000));
    view.setUint16(quoted + 22, this.below(2) > 0 ? 53 : 80);
    this.#send(1, ip, 20 + 36);
  }

  echo(): void {
    const ip = this.#ip(0, CLIENTS + this.below(1 << 16), SERVER, ICMP, 20 + 16);
    this.#view.setUint16(ip + 20, this.below(8) > 0 ? 0x0800 : 0);
    this.#view.setUint16(ip + 24, this.below(1 << 16));
    this.#send(0, ip, 20 + 16);
  }

  /** Bytes without meaning behind an IP header that has some. */
  garbage(): void {
    const size = 20 + this.below(60);
    const ip = this.#ip(0, CLIENTS + this.below(1000), SERVER + this.below(2), this.below(256), size);
    for (let at = ip + 20; at < ip + size; at++) this.#frame[at] = this.below(256);
    this.#send(0, ip, size);
  }

  #tcp(from: number, to: number, source: number, destination: number, flags: number, side: 0 | 1 = 0): void {
    const ip = this.#ip(side, from, to, TCP, 40);
    const view = this.#view;
    view.setUint16(ip + 20, source);
    view.setUint16(ip + 22, destination);
    view.setUint32(ip + 24, 1000 + this.below(3));
    view.setUint32(ip + 28, 1000 + this.below(3));
    view.setUint16(ip + 32, 0x5000 | flags);
    view.setUint16(ip + 34, 65_535);
    this.#send(side, ip, 40);
  }

  #udp(from: number, to: number, source: number, destination: number, side: 0 | 1): void {
    const ip = this.#ip(side, from, to, UDP, 36);
    const view = this.#view;
    view.setUint16(ip + 20, source);
    view.setUint16(ip + 22, destination);
    view.setUint16(ip + 24, 16);
    this.#send(side, ip, 36);
  }

  /** Link and IP header; the rest is zero. @returns where the IP header is. */
  #ip(side: 0 | 1, from: number, to: number, protocol: number, length: number): number {
    const view = this.#view;
    this.#frame.fill(0);
    view.setUint32(0, 0x02000000);
    view.setUint16(4, MACS[side]);
    view.setUint16(12, 0x0800);
    view.setUint16(ETHERNET, 0x4500);
    view.setUint16(ETHERNET + 2, length);
    view.setUint16(ETHERNET + 8, 0x4000 | protocol);
    view.setUint32(ETHERNET + 12, from);
    view.setUint32(ETHERNET + 16, to);
    return ETHERNET;
  }

  #send(side: 0 | 1, ip: number, length: number): void {
    let sum = 0;
    for (let at = ip; at < ip + 20; at += 2) sum += this.#view.getUint16(at);
    while (sum > 0xffff) sum = (sum & 0xffff) + (sum >>> 16);
    this.#view.setUint16(ip + 10, ~sum & 0xffff);
    this.#time += this.pace;
    this.#number += 1;
    this.#emulator.feed({
      number: this.#number,
      timeHigh: Number(this.#time >> 32n),
      timeLow: Number(this.#time & 0xffffffffn),
      device: 2 + side,
      bytes: this.#frame.subarray(0, ip + length),
      macLength: ETHERNET,
      wireLength: ip + length,
      family: 4,
      packetType: 0,
      aggregate: false,
      partialChecksum: false,
      wasSent: false,
    });
  }
}

/** By name. */
export const STREAMS: ReadonlyMap<string, Stream> = new Map<string, Stream>([
  ["SYN flood", (hostile) => hostile.syn()],
  ["full table", (hostile) => hostile.udp(100_000, 50)],
  ["port exhaustion", (hostile) => hostile.udp(2_000, 4)],
  ["overlapping fragments", (hostile) => hostile.fragment()],
  ["spoofed ICMP errors", (hostile) => (hostile.below(4) > 0 ? hostile.icmpError() : hostile.udp(64, 60_000))],
  ["TCP of any flags", (hostile) => hostile.anyTcp()],
  ["pings and garbage", (hostile) => (hostile.below(2) > 0 ? hostile.echo() : hostile.garbage())],
]);
