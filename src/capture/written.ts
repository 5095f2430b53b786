import type { Direction } from "./packet.ts";

/** An interface of a capture to be written. */
export interface WrittenInterface {
  readonly name: string;
  /** A LINKTYPE number. */
  readonly linkType: number;
}

/** A packet to be written. */
export interface WrittenPacket {
  /** Index among the interfaces. */
  readonly interface: number;
  /** Nanoseconds since 1970: `timeHigh * 2^32 + timeLow`. */
  readonly timeHigh: number;
  readonly timeLow: number;
  readonly bytes: Uint8Array;
  /** Length on the wire. */
  readonly wireLength: number;
  readonly comments?: readonly string[];
  /** Number of the packet that caused this one: written as the last comment, `in=N`. */
  readonly cause?: number;
  readonly direction?: Direction;
}

/** Room that writers begin with; take what they wrote when there is about this much of it. */
export const PIECE_BYTES = 256 * 1024;

/** Snap length written into headers: longer than any packet of a network. */
export const SNAP_LENGTH = 256 * 1024;
