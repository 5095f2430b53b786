import { HOOK_COUNT, TABLE_COUNT } from "../abi/netfilter";
import { allocate } from "../memory/allocate";

/**
 * One compiled rule, {@link RULE_SIZE} bytes. The rules of a chain lie one after another.
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
  /** The target's argument record; for Jump and Goto the number of the chain. */
  target: usize;
  /** Number over all tables of both families, from 1. */
  id: u32;
  /** Position in its chain, from 1. */
  number: u32;
  chain: u32;
}

export const RULE_NOT_SOURCE: u8 = 1;
export const RULE_NOT_DESTINATION: u8 = 2;
export const RULE_NOT_PROTOCOL: u8 = 4;
/** `-f`, and `! -f` together with {@link RULE_NOT_FRAGMENT}. */
export const RULE_FRAGMENT: u8 = 8;
export const RULE_NOT_FRAGMENT: u8 = 16;

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
  /** Number over all tables of both families, from 1. */
  id: u32;
  /** Index over its rules, 0 for none; see chain-index. */
  index: usize;
}

export const CHAIN_SIZE: usize = (offsetof<Chain>() + 7) & ~7;

/** A loaded table: the chain of each hook, 0 where it has none. */
@unmanaged
export class LoadedTable {
  present: u32;
  /** Grows whenever the table is replaced. */
  generation: u32;
  preRouting: u32;
  input: u32;
  forward: u32;
  output: u32;
  postRouting: u32;
}

const TABLE_SIZE: usize = offsetof<LoadedTable>();
const tables = allocate(2 * TABLE_COUNT * TABLE_SIZE);

export function loadedTable(family: u32, table: u32): LoadedTable {
  const row = family == 4 ? table : TABLE_COUNT + table;
  return changetype<LoadedTable>(tables + row * TABLE_SIZE);
}

/** The chain of a hook, 0 for none. */
export function hookChain(table: LoadedTable, hook: u32): u32 {
  return load<u32>(changetype<usize>(table) + offsetof<LoadedTable>("preRouting") + (hook << 2));
}

let chains: usize = 0;
let chainCapacity: u32 = 0;

/** Makes room for `count` chains (numbered from 1) and answers where the host writes chain 1. Rules come from `allocate`. */
export function reserveChains(count: u32): usize {
  if (count > chainCapacity) {
    const moved = allocate((count + 1) * CHAIN_SIZE);
    if (chains != 0) memory.copy(moved, chains, (chainCapacity + 1) * CHAIN_SIZE);
    chains = moved;
    chainCapacity = count;
  }
  return chains + CHAIN_SIZE;
}

export function chain(id: u32): Chain {
  return changetype<Chain>(chains + id * CHAIN_SIZE);
}

assert(HOOK_COUNT == 5);
