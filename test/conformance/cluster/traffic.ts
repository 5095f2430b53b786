export const ETHERNET_HEADER = 14;
export const LOCAL = "local";

/** A packet that came in, or that the node itself sent. */
export interface Arrival {
  readonly timeNs: bigint;
  /** Interface, or `local`. */
  readonly interface: string;
  /** An Ethernet frame, or the IP packet of a local one. */
  readonly bytes: Uint8Array;
  readonly wireLength: number;
}

/** A frame that left. */
export interface Departure {
  readonly timeNs: bigint;
  readonly interface: string;
  readonly bytes: Uint8Array;
  readonly wireLength: number;
  /** What caused it, where the recording says so. */
  readonly cause?: Arrival;
}
