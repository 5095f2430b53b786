export const ETHERNET_HEADER = 14;
export const LOCAL = "local";
/** The one interface of a capture of `any`: each packet says where it passed (SLL2). */
export const ANY = "any";
export const SLL2_HEADER = 20;

/** A packet that came in, or that the node itself sent. */
export interface Arrival {
  readonly timeNs: bigint;
  /** Interface, `local` or `any`. */
  readonly interface: string;
  /** An Ethernet frame, the IP packet of a local one, a cooked frame of `any`. */
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

/** Bytes before the IP packet. */
export function headerLength({ interface: name }: Pick<Arrival, "interface">): number {
  if (name === LOCAL) return 0;
  return name === ANY ? SLL2_HEADER : ETHERNET_HEADER;
}
