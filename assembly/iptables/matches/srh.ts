import { PROTO_ROUTING } from "../../abi/protocol";
import {
  SRH_LAST_EQUAL,
  SRH_LAST_GREATER,
  SRH_LAST_LESS,
  SRH_LAST_SID,
  SRH_LENGTH_EQUAL,
  SRH_LENGTH_GREATER,
  SRH_LENGTH_LESS,
  SRH_NEXT_HEADER,
  SRH_NEXT_SID,
  SRH_PREVIOUS_SID,
  SRH_SEGMENTS_EQUAL,
  SRH_SEGMENTS_GREATER,
  SRH_SEGMENTS_LESS,
  SRH_TAG,
} from "../../abi/rule";
import { Packet } from "../../packet/packet";
import { context } from "../context";
import { bytesAt } from "../header";
import { findHeader6 } from "./find-header6";

/**
 * -m srh (net/ipv6/netfilter/ip6t_srh.c, revision 1): the segment routing header. `tests` and `inverted` are `SRH_*` bits.
 *
 * ```text
 *  | next header | length | type 4 | segments left |
 *  | last entry  | flags  |          tag           |
 *  | segment 0 (the last SID), 16 bytes | segment 1 | ...
 * ```
 */
@unmanaged
export class SrhTest {
  tests: u32;
  inverted: u32;
  nextHeader: u8;
  length: u8;
  segmentsLeft: u8;
  lastEntry: u8;
  /** As the rule has it, in the machine's byte order: the tool hands it over unswapped, and the kernel compares it so. */
  tag: u16;
  /** A {@link SidTest} each, 0 where the rule has none. */
  previous: usize;
  next: usize;
  last: usize;
}

/** A segment, with the mask under which it is compared. */
@unmanaged
export class SidTest {
  address0: u64;
  address1: u64;
  mask0: u64;
  mask1: u64;
}

const HEADER: u32 = 8;
const TYPE_SEGMENT_ROUTING: u32 = 4;

export function matchesSrh(packet: Packet, test: SrhTest): bool {
  const wasDropped = context.hotdrop;
  const offset = findHeader6(packet, PROTO_ROUTING);
  // Unlike the other matches on extension headers, this one only fails where the chain is broken.
  context.hotdrop = wasDropped;
  if (offset == 0) return false;
  const header = bytesAt(packet, offset, HEADER);
  if (header == 0) return false;
  if (packet.length - offset < (<u32>load<u8>(header, 1) + 1) << 3) return false;
  if (load<u8>(header, 2) != TYPE_SEGMENT_ROUTING || load<u8>(header, 3) > load<u8>(header, 4)) return false;
  return matchesFields(test, header) && matchesSegments(packet, test, offset, header);
}

function matchesFields(test: SrhTest, header: usize): bool {
  const length = load<u8>(header, 1);
  const left = load<u8>(header, 3);
  const last = load<u8>(header, 4);
  return (
    holds(test, SRH_NEXT_HEADER, load<u8>(header) == test.nextHeader) &&
    holds(test, SRH_LENGTH_EQUAL, length == test.length) &&
    holds(test, SRH_LENGTH_GREATER, length > test.length) &&
    holds(test, SRH_LENGTH_LESS, length < test.length) &&
    holds(test, SRH_SEGMENTS_EQUAL, left == test.segmentsLeft) &&
    holds(test, SRH_SEGMENTS_GREATER, left > test.segmentsLeft) &&
    holds(test, SRH_SEGMENTS_LESS, left < test.segmentsLeft) &&
    holds(test, SRH_LAST_EQUAL, last == test.lastEntry) &&
    holds(test, SRH_LAST_GREATER, last > test.lastEntry) &&
    holds(test, SRH_LAST_LESS, last < test.lastEntry) &&
    holds(test, SRH_TAG, load<u16>(header, 6) == test.tag)
  );
}

/** Is the condition not asked for, or true (inverted: false)? */
function holds(test: SrhTest, bit: u32, value: bool): bool {
  return (test.tests & bit) == 0 || value != ((test.inverted & bit) != 0);
}

/** The segments before, at and after the one that the packet goes to; one that does not exist fails, inverted or not. */
function matchesSegments(packet: Packet, test: SrhTest, offset: u32, header: usize): bool {
  const left: u32 = load<u8>(header, 3);
  if (test.tests & SRH_PREVIOUS_SID) {
    if (left == load<u8>(header, 4)) return false;
    if (!matchesSid(packet, test, SRH_PREVIOUS_SID, test.previous, offset, left + 1)) return false;
  }
  if (test.tests & SRH_NEXT_SID) {
    if (left == 0) return false;
    if (!matchesSid(packet, test, SRH_NEXT_SID, test.next, offset, left - 1)) return false;
  }
  return (test.tests & SRH_LAST_SID) == 0 || matchesSid(packet, test, SRH_LAST_SID, test.last, offset, 0);
}

function matchesSid(packet: Packet, test: SrhTest, bit: u32, record: usize, offset: u32, index: u32): bool {
  const at = bytesAt(packet, offset + HEADER + (index << 4), 16);
  if (at == 0) return false;
  const sid = changetype<SidTest>(record);
  const isSame =
    (load<u64>(at) & sid.mask0) == (sid.address0 & sid.mask0) &&
    (load<u64>(at, 8) & sid.mask1) == (sid.address1 & sid.mask1);
  return isSame != ((test.inverted & bit) != 0);
}
