import { nowTicks, seconds } from "../packet/clock";
import { Counters, KernelSet, SkbInfo } from "./set";

/** Timeouts, counters, skbinfo and comments of elements (ip_set_core.c). */

/** What an addition gives to an element (struct ip_set_ext). A packet's addition: one packet, its length, no more. */
@unmanaged
export class Addition {
  packets: u64;
  bytes: u64;
  /** Were they given? */
  hasPackets: bool;
  hasBytes: bool;
  /** Overwrite what an equal element has (IPSET_FLAG_EXIST). */
  exist: bool;
  nomatch: bool;
  /** Seconds; 0: for ever. */
  timeout: u32;
  mark: u32;
  markMask: u32;
  priority: u32;
  queue: u32;
  /** The host's number of the comment; 0: none, and an old one goes. */
  comment: u32;
}

/** What a look-up compares and updates, and what it found (the rest of struct ip_set_ext, with cmdflags). */
@unmanaged
export class Inquiry {
  /** The packet's length. */
  bytes: u64;
  /** Comparisons of counters, as in `SetQuery`; looked at while `compare`. */
  comparePackets: u64;
  compareBytes: u64;
  packetsCompare: u8;
  bytesCompare: u8;
  compare: bool;
  /** Leave the counters alone (IPSET_FLAG_SKIP_COUNTER_UPDATE). */
  keepCounters: bool;
  keepSubcounters: bool;
  returnNomatch: bool;
  /** skbinfo of the element that matched; zero where the set has none. */
  mark: u32;
  markMask: u32;
  priority: u32;
  queue: u32;
}

/** Bits of an element's flags. */
export const ELEMENT_NOMATCH: u32 = 1;
/** bitmap:ip,mac: the MAC is known. */
export const ELEMENT_FILLED: u32 = 2;

export function isExpired(set: KernelSet, element: usize): bool {
  if (set.timeoutOffset == 0) return false;
  const at = load<u64>(element + set.timeoutOffset);
  return at != 0 && at < nowTicks;
}

/** Had it expired at that tick? */
export function wasExpired(set: KernelSet, element: usize, ticks: u64): bool {
  const at = load<u64>(element + set.timeoutOffset);
  return at != 0 && at < ticks;
}

export function startTimeout(set: KernelSet, element: usize, timeout: u32): void {
  store<u64>(element + set.timeoutOffset, timeout == 0 ? 0 : nowTicks + seconds(timeout));
}

/** Gives an element its extensions, the timeout left out. Counters that are not given stay as they lie there. */
export function initExtensions(set: KernelSet, element: usize, addition: Addition): void {
  if (set.countersOffset != 0) {
    const counters = changetype<Counters>(element + set.countersOffset);
    if (addition.hasBytes) counters.bytes = addition.bytes;
    if (addition.hasPackets) counters.packets = addition.packets;
  }
  if (set.commentOffset != 0) store<u32>(element + set.commentOffset, addition.comment);
  if (set.skbinfoOffset != 0) {
    const info = changetype<SkbInfo>(element + set.skbinfoOffset);
    info.mark = addition.mark;
    info.markMask = addition.markMask;
    info.priority = addition.priority;
    info.queue = addition.queue;
  }
}

/** ip_set_ext_destroy: an element that goes loses its comment. */
export function forgetComment(set: KernelSet, element: usize): void {
  if (set.commentOffset != 0) store<u32>(element + set.commentOffset, 0);
}

/** ip_set_match_extensions: not expired, counters updated, then compared; the skbinfo is taken along. */
export function matchExtensions(set: KernelSet, element: usize, inquiry: Inquiry): bool {
  if (isExpired(set, element)) return false;
  if (set.countersOffset != 0) {
    const counters = changetype<Counters>(element + set.countersOffset);
    if (!inquiry.keepCounters) {
      counters.packets += 1;
      counters.bytes += inquiry.bytes;
    }
    if (inquiry.compare) {
      if (!compare(counters.packets, inquiry.comparePackets, inquiry.packetsCompare)) return false;
      if (!compare(counters.bytes, inquiry.compareBytes, inquiry.bytesCompare)) return false;
    }
  }
  if (set.skbinfoOffset != 0) {
    const info = changetype<SkbInfo>(element + set.skbinfoOffset);
    inquiry.mark = info.mark;
    inquiry.markMask = info.markMask;
    inquiry.priority = info.priority;
    inquiry.queue = info.queue;
  }
  return true;
}

/** IPSET_COUNTER_NONE, EQ, NE, LT, GT */
function compare(counter: u64, value: u64, how: u32): bool {
  switch (how) {
    case 0:
      return true;
    case 1:
      return counter == value;
    case 2:
      return counter != value;
    case 3:
      return counter < value;
    default:
      return counter > value;
  }
}
