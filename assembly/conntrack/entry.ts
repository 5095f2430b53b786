import { Direction, IPS_CONFIRMED, IPS_DYING } from "../abi/conntrack";
import { memoriesOf, withMemories } from "../iptables/flow-head";
import { PAGE } from "../memory/pages";
import { nowTicks } from "../packet/clock";

export { newTemplate } from "./zone";

/**
 * A connection (struct nf_conn). Tuples lie as in packets, in network byte order. Everything that a packet of an IPv4
 * connection needs is in two lines of 64 bytes; the rest is in {@link ColdEntry}, elsewhere in the page.
 *
 * ```text
 *   0  original: source, destination, ports      12  reply: the same
 *  24  packets[2]   32  bytes[2]   48  mark, status, references, protocol, family, state   60  flow memory (original)
 *  64  timeout      68  flow memory (reply)      72  what the protocol keeps (TcpEntry, SctpEntry, ...)
 * 128  IPv6 only: original source and destination, reply source and destination, 16 bytes each
 * ```
 */
@unmanaged
export class Entry {
  /** IPv4 addresses; 0 in IPv6 entries. */
  originalSource: u32;
  originalDestination: u32;
  /** Source port in the first two bytes, destination port in the others; for ICMP the id, then type and code. */
  originalPorts: u32;
  replySource: u32;
  replyDestination: u32;
  replyPorts: u32;
  /** Lower 32 bits; the upper ones are in the extension. */
  originalPackets: u32;
  replyPackets: u32;
  originalBytes: u64;
  replyBytes: u64;
  mark: u32;
  /** `IPS_*` bits, {@link ENTRY_ACCOUNTED} and {@link ENTRY_MASQUERADED}. */
  status: u16;
  /** Holders: the table, and every packet that it is attached to. */
  references: u16;
  protocol: u8;
  /** 4 or 6. */
  family: u8;
  /** `TcpState`, `SctpState` or `DccpState`. */
  state: u8;
  /** Nobody reads it: written to fetch the line ahead. */
  touched: u8;
  originalFlowMemory: u32;
  /** Tick at which it expires, modulo 2^32; as long as the entry is not confirmed, ticks from then. */
  timeout: u32;
  replyFlowMemory: u32;

  get isConfirmed(): bool {
    return (this.status & IPS_CONFIRMED) != 0;
  }

  get isExpired(): bool {
    return <i32>(this.timeout - <u32>nowTicks) <= 0;
  }

  get isDying(): bool {
    return (this.status & IPS_DYING) != 0;
  }

  addStatus(bits: u32): void {
    this.status |= <u16>bits;
  }
}

/** Bytes of the lines that all entries have, and of the addresses behind them in IPv6 entries. */
export const ENTRY_SIZE: usize = 128;
export const ADDRESSES6: usize = 128;
export const ENTRY_SIZE_6: usize = 192;
/** Where the protocol's part begins. */
export const PROTOCOL_PART: usize = 72;

/** Bit of `status` that the kernel does not have: packets and bytes are counted (nf_conntrack_acct when it was made). */
export const ENTRY_ACCOUNTED: u32 = 0x8000;
/** Another one: MASQUERADE bound the connection, to the device in its cold part. */
export const ENTRY_MASQUERADED: u32 = 0x4000;
/** And a third, in the place of IPS_TEMPLATE, which entries never are: the connection can have labels. */
export const ENTRY_LABELS: u32 = 0x800;
export const STATUS_BITS: u32 = 0x37ff;

/**
 * The part of an entry that packets of an established connection do not touch. It lies behind the entries of the page, each right
 * behind the one before: fields are not always on multiples of their size.
 */
@unmanaged
export class ColdEntry {
  /** Neighbours in the list of its original source (nat/by-source). */
  bySourceNext: usize;
  bySourcePrevious: usize;
  /** Zone, packed as {@link packZone} does. */
  zone: u32;
  /** What few connections have (an `Extension`), 0 for none. */
  extension: usize;
  /** Device that MASQUERADE bound it to, 0 for none. */
  masqueradeDevice: u16;
}

export const COLD_SIZE: usize = 18;

/**
 * A page of 64 KiB holds entries of one family, and begins on a multiple of its size, so that all that belongs to an entry is found
 * from its address alone:
 *
 * ```text
 * entries | their cold parts | the second in which each is looked at, 16 bits (due.ts) | number of the page, 32 bits
 * ```
 */
export const PAGE_ENTRIES_4: u32 = 442;
export const PAGE_ENTRIES_6: u32 = 309;
export const PAGE_COLD_4: usize = PAGE_ENTRIES_4 * ENTRY_SIZE;
export const PAGE_COLD_6: usize = PAGE_ENTRIES_6 * ENTRY_SIZE_6;
export const PAGE_SECONDS_4: usize = (PAGE_COLD_4 + PAGE_ENTRIES_4 * COLD_SIZE + 15) & ~15;
export const PAGE_SECONDS_6: usize = (PAGE_COLD_6 + PAGE_ENTRIES_6 * COLD_SIZE + 15) & ~15;
export const PAGE_NUMBER: usize = PAGE - 4;

export function coldOf(entry: Entry): ColdEntry {
  const at = changetype<usize>(entry);
  const page = at & ~(PAGE - 1);
  const offset = at & (PAGE - 1);
  if (entry.family == 4) return changetype<ColdEntry>(page + PAGE_COLD_4 + (offset / ENTRY_SIZE) * COLD_SIZE);
  return changetype<ColdEntry>(page + PAGE_COLD_6 + (offset / ENTRY_SIZE_6) * COLD_SIZE);
}

/** Family of the entry, 4 or 6. `ct` is always the address in `Packet.ct`, never 0. */
export function ctFamily(ct: usize): u32 {
  return changetype<Entry>(ct).family;
}

export function ctProtocol(ct: usize): u32 {
  return changetype<Entry>(ct).protocol;
}

/** `IPS_*` bits. */
export function ctStatus(ct: usize): u32 {
  return changetype<Entry>(ct).status & STATUS_BITS;
}

export function addCtStatus(ct: usize, bits: u32): void {
  changetype<Entry>(ct).status |= <u16>bits;
}

export function ctMark(ct: usize): u32 {
  return changetype<Entry>(ct).mark;
}

/** `TcpState`, `SctpState` or `DccpState`, by the protocol. */
export function ctState(ct: usize): u32 {
  return changetype<Entry>(ct).state;
}

/** Where the source (`side` 0) or destination (1) address of a direction's tuple lies: 4 or 16 bytes as in packets. */
export function tupleAddress(ct: usize, direction: Direction, side: u32): usize {
  if (changetype<Entry>(ct).family == 4) return ct + direction * 12 + (side << 2);
  return ct + ADDRESSES6 + (direction << 5) + (side << 4);
}

/** Port of a tuple in host order; for ICMP the source port is the id and the destination port is type << 8 | code. */
export function tuplePort(ct: usize, direction: Direction, side: u32): u32 {
  return bswap<u16>(load<u16>(ct + direction * 12 + (side << 1), offsetof<Entry>("originalPorts")));
}

export function ctBytes(ct: usize, direction: Direction): u64 {
  return load<u64>(ct + (direction << 3), offsetof<Entry>("originalBytes"));
}

/** Are packets and bytes of this entry counted? */
export function isAccounted(ct: usize): bool {
  return (changetype<Entry>(ct).status & ENTRY_ACCOUNTED) != 0;
}

/** Ticks left before the entry expires, as nf_ct_expires() gives them. */
export function ctRemainingTicks(ct: usize): u64 {
  const left = <i32>(changetype<Entry>(ct).timeout - <u32>nowTicks);
  return max<i32>(left, 0);
}

/** First FlowMemory of a direction (see iptables/flow-memory), 0 for none. */
export function flowMemory(ct: usize, direction: Direction): usize {
  return memoriesOf(flowHead(ct, direction));
}

export function setFlowMemory(ct: usize, direction: Direction, first: usize): void {
  setFlowHead(ct, direction, withMemories(flowHead(ct, direction), first));
}

/** What hangs on a direction, see iptables/flow-head. */
export function flowHead(ct: usize, direction: Direction): usize {
  return load<usize>(ct + (direction << 3), offsetof<Entry>("originalFlowMemory"));
}

export function setFlowHead(ct: usize, direction: Direction, head: usize): void {
  store<usize>(ct + (direction << 3), head, offsetof<Entry>("originalFlowMemory"));
}

/** Zone of the entry: its id in the lower 16 bits, the directions it holds in (1 original, 2 reply) above. */
export function ctZone(ct: usize): u32 {
  return coldOf(changetype<Entry>(ct)).zone;
}

assert(offsetof<Entry>("originalFlowMemory") == 60 && offsetof<Entry>("replyFlowMemory") == 68);
assert(offsetof<ColdEntry>("masqueradeDevice") + sizeof<u16>() == COLD_SIZE);
// Seconds are read eight at a time.
assert(PAGE_SECONDS_4 + ((PAGE_ENTRIES_4 + 7) & ~7) * 2 <= PAGE_NUMBER);
assert(PAGE_SECONDS_6 + ((PAGE_ENTRIES_6 + 7) & ~7) * 2 <= PAGE_NUMBER);
