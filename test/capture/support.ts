import { type CapturePacket, type CaptureSource, readCapture } from "../../src/capture/index.ts";

/** Bytes written field by field, in either byte order. */
export class Bytes {
  readonly #littleEndian: boolean;
  readonly #bytes: number[] = [];

  constructor(littleEndian = true) {
    this.#littleEndian = littleEndian;
  }

  get length(): number {
    return this.#bytes.length;
  }

  u8(...values: number[]): this {
    this.#bytes.push(...values);
    return this;
  }

  u16(...values: number[]): this {
    for (const value of values) this.#number(BigInt(value), 2);
    return this;
  }

  u32(...values: number[]): this {
    for (const value of values) this.#number(BigInt(value), 4);
    return this;
  }

  u64(value: bigint): this {
    return this.#number(value, 8);
  }

  raw(bytes: Iterable<number>): this {
    this.#bytes.push(...bytes);
    return this;
  }

  /** Zeros up to a multiple of four. */
  pad(): this {
    while (this.length % 4 !== 0) this.u8(0);
    return this;
  }

  take(): Uint8Array<ArrayBuffer> {
    return Uint8Array.from(this.#bytes);
  }

  #number(value: bigint, length: number): this {
    const bytes = Array.from({ length }, (_, i) => Number((value >> BigInt(8 * i)) & 0xffn));
    return this.raw(this.#littleEndian ? bytes : bytes.reverse());
  }
}

/** A block of a pcapng: its type and length around the body. */
export function block(type: number, body: Bytes, littleEndian = true): Uint8Array {
  const total = body.pad().length + 12;
  return new Bytes(littleEndian).u32(type, total).raw(body.take()).u32(total).take();
}

export function sectionHeader(littleEndian = true): Uint8Array {
  return block(0x0a0d0d0a, new Bytes(littleEndian).u32(0x1a2b3c4d).u16(1, 0).u64(-1n), littleEndian);
}

export function join(...parts: Uint8Array[]): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(parts.flatMap((part) => [...part]));
}

/** The file in pieces of a length. */
export async function* inPieces(bytes: Uint8Array, length: number): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += length) yield bytes.subarray(at, at + length);
}

/** All packets that a capture gives, and the error that it ends with. */
export async function readAll(source: CaptureSource): Promise<{ packets: CapturePacket[]; error: unknown }> {
  const packets: CapturePacket[] = [];
  try {
    for await (const batch of readCapture(source)) packets.push(...batch);
  } catch (error) {
    return { packets, error };
  }
  return { packets, error: undefined };
}

/** A packet in plain words, to be compared. */
export function plain(packet: CapturePacket) {
  return {
    number: packet.number,
    interface: packet.interface.name ?? packet.interface.index,
    linkType: packet.interface.linkType,
    timeNs: packet.timeNs,
    bytes: [...packet.bytes],
    wireLength: packet.wireLength,
    direction: packet.direction,
    comments: packet.comments,
  };
}

/** A MAC address as bytes. */
export function mac(text: string): Uint8Array {
  return Uint8Array.from(text.split(":"), (byte) => Number.parseInt(byte, 16));
}
