/**
 * One compiled rule, {@link RULE_SIZE} bytes: a cache line. The rules of a chain lie one after another.
 *
 * Addresses are kept as they lie in the packet (network byte order), so that matching is one AND and one compare.
 */
@unmanaged
export class Rule {
  /** Packets and bytes that matched and are not (or no longer) counted in a remembered walk. */
  packets: u64;
  bytes: u64;
  source: u32;
  sourceMask: u32;
  destination: u32;
  destinationMask: u32;
  /** IPv6: an {@link Addresses6}, 0 when the rule tests no address. */
  addresses6: usize;
  /** Bitmaps over device numbers (bit 0: no device); 0 matches every device. */
  inDevices: usize;
  outDevices: usize;
  /** First {@link Match}, 0 for none. */
  matches: usize;
  matchCount: u16;
  /** IP protocol, 0 for any. */
  protocol: u8;
  /** `RULE_*` bits. */
  flags: u8;
  /** A `TargetKind`. */
  targetKind: u32;
  /** The target's argument record; for Jump and Goto the {@link Chain}. */
  target: usize;
  /** Number over all tables of both families, from 1; never given again, so that old paths stay readable. */
  id: u32;
}

export const RULE_SIZE: usize = (offsetof<Rule>() + 7) & ~7;

/** The four IPv6 addresses of a rule, each 16 bytes as in the packet. */
@unmanaged
export class Addresses6 {
  source0: u64;
  source1: u64;
  sourceMask0: u64;
  sourceMask1: u64;
  destination0: u64;
  destination1: u64;
  destinationMask0: u64;
  destinationMask1: u64;
}

/** Header of a match; its own record follows at {@link MATCH_HEADER_SIZE}. The next match of the rule begins at `size`. */
@unmanaged
export class Match {
  /** A `MatchKind`. */
  kind: u32;
  /** Bytes of header and record, a multiple of 8. */
  size: u32;
}

export const MATCH_HEADER_SIZE: usize = offsetof<Match>();

/** A chain: its rules, and what happens at their end. */
@unmanaged
export class Chain {
  /** Counters of the policy. */
  packets: u64;
  bytes: u64;
  rules: usize;
  ruleCount: u32;
  /** For a built-in chain the `Verdict` of its policy; `Return` for a user chain. */
  policy: u32;
  /** Number over all tables of both families, from 1; never given again. */
  id: u32;
  /** Index over its rules, 0 for none; see chain-index. */
  index: usize;
  /** The walk that goes straight to the policy, once it was walked; 0 before. */
  policyWalk: u32;
}

export const CHAIN_SIZE: usize = (offsetof<Chain>() + 7) & ~7;
