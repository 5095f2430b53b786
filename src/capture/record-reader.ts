import type { CaptureInterface, CapturePacket } from "./packet.ts";

/** Bytes of a capture as they lie in memory: a part of a file that may be larger than memory. */
export interface Piece {
  readonly bytes: Uint8Array;
  readonly view: DataView;
  /** First byte that has not been read, and the end, both from the start of `bytes`. */
  readonly start: number;
  readonly end: number;
  /** Byte of the file at which `bytes` begins. */
  readonly fileOffset: number;
  /** Is there nothing behind it? */
  readonly last: boolean;
}

/** An interface that packet records are of, as a scan wants to know it. */
export interface ScannedInterface {
  /** Place among all interfaces of the capture. */
  readonly index: number;
  /** Nanoseconds in a unit of its times; 0: another form of time. */
  readonly nsPerUnit: number;
  /** Most captured bytes that a packet can have. */
  readonly limit: number;
  /** Longest capture of a packet, 0 for no limit. */
  readonly snapLength: number;
}

/** Records one behind another, as they lie in a piece. */
export interface RecordRun {
  readonly format: "pcap" | "pcapng";
  readonly littleEndian: boolean;
  /** Interfaces of the section: an array that grows, and another one for another section. */
  readonly interfaces: readonly ScannedInterface[];
  /** Where the first begins, from the start of the piece's bytes. */
  readonly start: number;
  /** Number and time of the record before. */
  readonly number: number;
  readonly timeHigh: number;
  readonly timeLow: number;
}

/** What a scan has read. */
export interface Scanned {
  /** Records. */
  readonly count: number;
  /** Where it ended, from the start of the piece's bytes. */
  readonly end: number;
  /** Time of the last record. */
  readonly timeHigh: number;
  readonly timeLow: number;
}

/** Who gets the packets. An array is one. */
export interface PacketSink {
  push(packet: CapturePacket): unknown;
  /**
   * Takes records of the usual forms by itself, which is faster, up to the first that is not entirely as usual. That one the reader
   * reads, and says what is wrong with it.
   *
   * @returns undefined when it cannot read the piece.
   */
  scan?(piece: Piece, run: RecordRun): Scanned | undefined;
}

/** Takes a capture of one format apart, as far as its bytes have come. */
export interface RecordReader {
  readonly format: "pcap" | "pcapng";
  /** Interfaces in their order; grows while a pcapng is read. */
  readonly interfaces: readonly CaptureInterface[];
  /** Bytes that must lie together, from where the last `read` ended, before another one gets on. */
  readonly needed: number;
  /** Packets that were lost while capturing, as far as the file says so. */
  readonly lost: number;
  /** Does it know that more must come, although it has taken all bytes so far? */
  readonly isInside: boolean;
  /** What is read next, for messages: "packet record 12", "the file header". */
  readonly awaited: string;
  /**
   * Reads all records that are whole, and appends their packets.
   *
   * @returns where it ended, from the start of `piece.bytes`; beyond `piece.end` when what follows is of no interest.
   * @throws CaptureError at the first record that cannot be right.
   */
  read(piece: Piece, packets: PacketSink): number;
}
