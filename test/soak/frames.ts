import type { Emulator } from "../../src/engine/emulator.ts";

export const TCP = 6;
export const UDP = 17;
export const ICMP = 1;
export const ICMPV6 = 58;
export const FRAGMENT = 44;

const NS = 1_000_000_000n;
const MACS = [0x10, 0x11] as const;
const ETHERNET = 14;
const IPV6 = 40;

/** IPv4: a number; IPv6: the last 32 bits of an address in fd00:SIDE::, whose end is on that side. */
export type Address = number;
/** Interface where a packet arrives: 0 eth0, the clients'; 1 eth1, the servers'. */
export type Side = 0 | 1;

/**
 * Writes packets one by one and feeds them to a node, `pace` nanoseconds apart. Checksums of transport headers are not right. What is drawn
 * is decided by the seed.
 */
export class Frames {
  readonly view: DataView;
  readonly #emulator: Emulator;
  readonly #frame = new Uint8Array(512);
  #state: number;
  #number = 0;
  #time = NS;
  pace = 20_000n;

  constructor(emulator: Emulator, seed: number) {
    this.#emulator = emulator;
    this.view = new DataView(this.#frame.buffer);
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

  tcp(side: Side, from: Address, to: Address, ports: readonly [number, number], flags: number, text = ""): void {
    const at = this.begin4(side, from, to, TCP, 40 + text.length);
    this.writeTcp(at, ports, flags, 1000 + this.below(3), 1000 + this.below(3));
    this.writeText(at + 20, text);
    this.send(side, 4, at, 20 + text.length);
  }

  /** A segment whose numbers fit what was said before. */
  segment(
    side: Side,
    from: Address,
    to: Address,
    ports: readonly [number, number],
    { flags, sequence, acknowledge = 0, text = "" }: Segment,
  ): void {
    const at = this.begin4(side, from, to, TCP, 40 + text.length);
    this.writeTcp(at, ports, flags, sequence, acknowledge);
    this.writeText(at + 20, text);
    this.send(side, 4, at, 20 + text.length);
  }

  udp(side: Side, from: Address, to: Address, ports: readonly [number, number], text = "12345678"): void {
    const at = this.begin4(side, from, to, UDP, 28 + text.length);
    this.writeUdp(at, ports, text);
    this.send(side, 4, at, 8 + text.length);
  }

  tcp6(side: Side, from: Address, to: Address, ports: readonly [number, number], flags: number): void {
    const at = this.begin6(side, from, to, TCP, 20);
    this.writeTcp(at, ports, flags, 1000 + this.below(3), 1000 + this.below(3));
    this.send(side, 6, at, 20);
  }

  udp6(side: Side, from: Address, to: Address, ports: readonly [number, number]): void {
    const at = this.begin6(side, from, to, UDP, 16);
    this.writeUdp(at, ports, "12345678");
    this.send(side, 6, at, 16);
  }

  writeTcp(at: number, ports: readonly [number, number], flags: number, sequence: number, acknowledge: number): void {
    const { view } = this;
    view.setUint16(at, ports[0]);
    view.setUint16(at + 2, ports[1]);
    view.setUint32(at + 4, sequence);
    view.setUint32(at + 8, acknowledge);
    view.setUint16(at + 12, 0x5000 | flags);
    view.setUint16(at + 14, 65_535);
  }

  writeUdp(at: number, ports: readonly [number, number], text: string): void {
    this.view.setUint16(at, ports[0]);
    this.view.setUint16(at + 2, ports[1]);
    this.view.setUint16(at + 4, 8 + text.length);
    this.writeText(at + 8, text);
  }

  writeText(at: number, text: string): void {
    for (let i = 0; i < text.length; i++) this.#frame[at + i] = text.charCodeAt(i);
  }

  /** Link and IPv4 header; the rest is zero. @returns where the transport header goes. */
  begin4(side: Side, from: Address, to: Address, protocol: number, length: number, fragment = 0): number {
    const { view } = this;
    this.#beginLink(side, 0x0800);
    view.setUint16(ETHERNET, 0x4500);
    view.setUint16(ETHERNET + 2, length);
    view.setUint16(ETHERNET + 6, fragment);
    view.setUint16(ETHERNET + 8, 0x4000 | protocol);
    view.setUint32(ETHERNET + 12, from);
    view.setUint32(ETHERNET + 16, to);
    return ETHERNET + 20;
  }

  /** The same for IPv6, whose sender is on `side` and whose receiver on the other. */
  begin6(side: Side, from: Address, to: Address, next: number, length: number): number {
    const { view } = this;
    this.#beginLink(side, 0x86dd);
    view.setUint32(ETHERNET, 0x60000000);
    view.setUint16(ETHERNET + 4, length);
    view.setUint16(ETHERNET + 6, (next << 8) | 64);
    this.writeAddress6(ETHERNET + 8, side, from);
    this.writeAddress6(ETHERNET + 24, (1 - side) as Side, to);
    return ETHERNET + IPV6;
  }

  writeAddress6(at: number, side: Side, address: Address): void {
    this.view.setUint32(at, 0xfd000000 | side);
    this.view.setUint32(at + 12, address);
  }

  /** @param length bytes from `at`, where {@link begin4} or {@link begin6} let the packet go on. */
  send(side: Side, family: 4 | 6, at: number, length: number): void {
    if (family === 4) this.#sumHeader();
    this.#time += this.pace;
    this.#number += 1;
    this.#emulator.feed({
      number: this.#number,
      timeHigh: Number(this.#time >> 32n),
      timeLow: Number(this.#time & 0xffffffffn),
      device: 2 + side,
      bytes: this.#frame.subarray(0, at + length),
      macLength: ETHERNET,
      wireLength: at + length,
      family,
      packetType: 0,
      aggregate: false,
      partialChecksum: false,
      wasSent: false,
    });
  }

  #beginLink(side: Side, type: number): void {
    this.#frame.fill(0);
    this.view.setUint32(0, 0x02000000);
    this.view.setUint16(4, MACS[side]);
    this.view.setUint16(12, type);
  }

  #sumHeader(): void {
    let sum = 0;
    for (let at = ETHERNET; at < ETHERNET + 20; at += 2) sum += this.view.getUint16(at);
    while (sum > 0xffff) sum = (sum & 0xffff) + (sum >>> 16);
    this.view.setUint16(ETHERNET + 10, ~sum & 0xffff);
  }
}

export interface Segment {
  readonly flags: number;
  readonly sequence: number;
  readonly acknowledge?: number;
  readonly text?: string;
}
