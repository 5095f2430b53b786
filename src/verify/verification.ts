/** Version of the JSON that a {@link Verification} is; it changes when a field goes or means something else. */
export const VERIFICATION_VERSION = 2;

/** How far the emulation explains what left a node, told by a capture that was taken on it. Plain data. */
export interface Verification {
  readonly version: typeof VERIFICATION_VERSION;
  /** Did all that left come out, and nothing else? */
  readonly isExplained: boolean;
  /** Records of the capture. */
  readonly records: number;
  /** Packets that came in. */
  readonly inputs: number;
  /** Packets that left, as the capture shows them. */
  readonly recorded: number;
  /** Of these, those that came out the same, on the same interface. */
  readonly exact: number;
  /** Those that came out the same but for what the kernel chose by chance, by what that is. */
  readonly byChance: { readonly port: number };
  /** Connections whose server the kernel drew (`statistic random`), known by what left: here the same was drawn. */
  readonly drawn: number;
  /** Those of the node's own stack (echo replies, resets, its own connections): nothing that came in causes them. */
  readonly own: number;
  readonly unexplained: Mismatches;
  /** What came out and the capture does not have. */
  readonly unexpected: Mismatches;
  /** Were the frames cut, so that only their headers could be compared? */
  readonly isCut: boolean;
  readonly notes: readonly string[];
}

/** Packets that the emulation and the capture do not agree on. */
export interface Mismatches {
  readonly packets: number;
  /** By cause, the most frequent first. */
  readonly causes: readonly { readonly cause: string; readonly packets: number; readonly first: Mismatch }[];
  readonly first?: Mismatch;
}

/** A packet that the emulation and the capture do not agree on. */
export interface Mismatch {
  /**
   * Number in the capture: of the packet that left, or of the one that made something leave (in the capture of the node's own
   * packets, where the cause says so).
   */
  readonly packet: number;
  readonly interface: string;
  /** `TCP 10.0.0.9:40000 > 10.96.0.1:443 [S] length 60 ttl 64`. */
  readonly headers: string;
  readonly cause: string;
}
