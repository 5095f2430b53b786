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
  read(piece: Piece, packets: CapturePacket[]): number;
}
