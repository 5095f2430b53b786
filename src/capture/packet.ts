import { readComments } from "./pcapng-options.ts";

/** Which way a packet passed its interface, where the capture says so. */
export enum Direction {
  Unknown = 0,
  Inbound = 1,
  Outbound = 2,
}

/** Where packets of a capture were taken: an interface block of a pcapng, or the one header of a pcap. */
export interface CaptureInterface {
  /** Place in the order of the file, from 0, counted over all sections. */
  readonly index: number;
  /** `if_name`; undefined in a classic pcap, which has no names. */
  readonly name: string | undefined;
  readonly description: string | undefined;
  /** A LINKTYPE number (www.tcpdump.org/linktypes.html). */
  readonly linkType: number;
  /** Longest capture of a packet, 0 for no limit. */
  readonly snapLength: number;
  /** Byte order of its records in the file. */
  readonly littleEndian: boolean;
}

/**
 * A packet record. It stays valid as long as somebody keeps it: readers never overwrite the bytes behind it.
 *
 * The frame is `data[start .. start + length)`; `bytes` makes a view of it, which costs more than all the rest of the
 * record, so that loops over headers read `data` at `start`.
 */
export class CapturePacket {
  /** Record number in the file, from 1, counting every packet record. */
  readonly number: number;
  readonly interface: CaptureInterface;
  /** Nanoseconds since 1970: `timeHigh * 2^32 + timeLow`. Records without time have that of the record before. */
  readonly timeHigh: number;
  readonly timeLow: number;
  readonly data: Uint8Array;
  readonly start: number;
  /** Bytes captured. */
  readonly length: number;
  /** Bytes on the wire, never fewer than `length`. */
  readonly wireLength: number;
  readonly direction: Direction;
  readonly #optionsAt: number;
  readonly #optionsEnd: number;

  constructor(
    number: number,
    captureInterface: CaptureInterface,
    timeHigh: number,
    timeLow: number,
    data: Uint8Array,
    start: number,
    length: number,
    wireLength: number,
    direction: Direction,
    optionsAt: number,
    optionsEnd: number,
  ) {
    this.number = number;
    this.interface = captureInterface;
    this.timeHigh = timeHigh;
    this.timeLow = timeLow;
    this.data = data;
    this.start = start;
    this.length = length;
    this.wireLength = Math.max(wireLength, length);
    this.direction = direction;
    this.#optionsAt = optionsAt;
    this.#optionsEnd = optionsEnd;
  }

  /** The captured frame, a view. */
  get bytes(): Uint8Array {
    return this.data.subarray(this.start, this.start + this.length);
  }

  get timeNs(): bigint {
    return (BigInt(this.timeHigh) << 32n) | BigInt(this.timeLow);
  }

  /** The comments of a pcapng packet in their order; read when asked for. */
  get comments(): readonly string[] {
    if (this.#optionsAt === this.#optionsEnd) return [];
    return readComments(this.data, this.#optionsAt, this.#optionsEnd, this.interface.littleEndian);
  }
}
