/** An IP address: 4 or 16 bytes in network byte order. */
export type Address = Uint8Array;

/** 4 or 6. */
export type Family = 4 | 6;

/** An address under a mask. The mask of a rule need not be a prefix; the address has no bits outside of it. */
export interface Prefix {
  readonly address: Address;
  readonly mask: Uint8Array;
}

/** A range of whole numbers, both ends included. */
export interface Range {
  readonly from: number;
  readonly to: number;
}

/** A value that a rule tests, or tests the absence of (`!`). */
export interface Negatable<T> {
  readonly value: T;
  readonly invert: boolean;
}

/** Where in a configuration file something stands. Lines and columns count from 1. */
export interface SourcePosition {
  readonly file: string;
  readonly line: number;
  readonly column: number;
}
