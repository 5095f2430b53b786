import { IPS_FIXED_TIMEOUT, IPS_SRC_NAT, TcpState } from "../abi/conntrack";
import {
  NAT_RANGE_MAP_IPS,
  NAT_RANGE_PROTO_OFFSET,
  NAT_RANGE_PROTO_RANDOM,
  NAT_RANGE_PROTO_RANDOM_FULLY,
  NAT_RANGE_PROTO_SPECIFIED,
} from "../abi/nat";
import {
  PROTO_DCCP,
  PROTO_GRE,
  PROTO_ICMP,
  PROTO_ICMPV6,
  PROTO_SCTP,
  PROTO_TCP,
  PROTO_UDP,
  PROTO_UDPLITE,
} from "../abi/protocol";
import { ctZone, Entry } from "../conntrack/entry";
import { findUnder, kill } from "../conntrack/lifetime";
import { TcpEntry } from "../conntrack/tcp-entry";
import { copyTuple, invertTuple, loadTuple, newTuple, Tuple } from "../conntrack/tuple";
import { beginsAtLowestPort, takesOverClosed } from "../conntrack/versions";
import { zoneIdIn } from "../conntrack/zone";
import { random16 } from "../packet/random";
import { chooseAddress } from "./best-address";
import { firstBySource, nextBySource } from "./by-source";
import { Manip } from "./manip";
import { NatRange } from "./range";

const reply = newTuple();
const mapped = newTuple();
const other = newTuple();

/** Places tried from a random start, before a new start with half as many. */
const MAX_ATTEMPTS: u32 = 128;
const MIN_ATTEMPTS: u32 = 16;
/** With so few left of a round, newer kernels take ports from connections that are over. */
const LAST_ATTEMPTS: u32 = 32;

/**
 * What a connection looks like after translation into a range (get_unique_tuple, net/netfilter/nf_nat_core.c): as it is
 * where that is possible; as other connections of the same source; else another address of the range, and another port
 * where the tuple is taken. It may be taken all the same when nothing is free: the packet is then dropped at confirm.
 *
 * @param from what it looks like now.
 */
export function findUniqueTuple(to: Tuple, from: Tuple, range: NatRange, entry: Entry, manip: Manip): void {
  const isRandom = (range.flags & (NAT_RANGE_PROTO_RANDOM | NAT_RANGE_PROTO_RANDOM_FULLY)) != 0;
  if (manip == Manip.Source && !isRandom) {
    if (isInRange(from, range)) {
      if (!isUsed(from, entry)) return copyTuple(to, from);
    } else if (findMappedSource(from, range, entry) && !isUsed(mapped, entry)) {
      return copyTuple(to, mapped);
    }
  }
  copyTuple(to, from);
  chooseAddress(to, range, manip, ctZone(changetype<usize>(entry)));
  if (!isRandom) {
    if (!(range.flags & NAT_RANGE_PROTO_SPECIFIED)) {
      if (!isUsed(to, entry)) return;
    } else if (!(range.flags & NAT_RANGE_PROTO_OFFSET) && isPortInRange(to, range, manip)) {
      if (range.minPort == range.maxPort || !isUsed(to, entry)) return;
    }
  }
  choosePort(to, range, entry, manip);
}

/** Does another living connection in the zone answer with what answers to this tuple would look like (nf_nat_used_tuple)? */
function isUsed(tuple: Tuple, entry: Entry): bool {
  invertTuple(reply, tuple);
  const zone = ctZone(changetype<usize>(entry));
  return findUnder(reply, zone, zoneIdIn(zone, 1), changetype<usize>(entry)) != 0;
}

/** Do source address and port lie in the range (nf_in_range)? */
function isInRange(tuple: Tuple, range: NatRange): bool {
  if (range.flags & NAT_RANGE_MAP_IPS && !isAddressInRange(tuple, range)) return false;
  return !(range.flags & NAT_RANGE_PROTO_SPECIFIED) || isPortInRange(tuple, range, Manip.Source);
}

function isAddressInRange(tuple: Tuple, range: NatRange): bool {
  const high = bswap<u64>(tuple.source0);
  const low = bswap<u64>(tuple.source1);
  const minHigh = bswap<u64>(range.min0);
  const maxHigh = bswap<u64>(range.max0);
  if (high < minHigh || (high == minHigh && low < bswap<u64>(range.min1))) return false;
  return high < maxHigh || (high == maxHigh && low <= bswap<u64>(range.max1));
}

/** l4proto_in_range: ICMP has its id as source port in either case; protocols without ports are always in range. */
function isPortInRange(tuple: Tuple, range: NatRange, manip: Manip): bool {
  const isIcmp = tuple.protocol == PROTO_ICMP || tuple.protocol == PROTO_ICMPV6;
  if (!isIcmp && tuple.protocol != PROTO_GRE && !hasPorts(tuple.protocol)) return true;
  const port = isIcmp || manip == Manip.Source ? tuple.sourcePort : tuple.destinationPort;
  return port >= <u32>range.minPort && port <= <u32>range.maxPort;
}

function hasPorts(protocol: u32): bool {
  return (
    protocol == PROTO_TCP ||
    protocol == PROTO_UDP ||
    protocol == PROTO_UDPLITE ||
    protocol == PROTO_SCTP ||
    protocol == PROTO_DCCP
  );
}

/**
 * The source that other connections of the same client port are mapped to, newest first (find_appropriate_src): the first
 * within the range. Fills {@link mapped}.
 */
function findMappedSource(tuple: Tuple, range: NatRange, entry: Entry): bool {
  const zone = ctZone(changetype<usize>(entry));
  const zoneId = zoneIdIn(zone, 0);
  const port = tuple.ports & 0xffff;
  let at = firstBySource(changetype<usize>(tuple), tuple.family, port, tuple.protocol, zone);
  while (at != 0) {
    const candidate = changetype<Entry>(at);
    if (hasSource(candidate, tuple) && zoneIdIn(ctZone(at), 0) == zoneId) {
      loadTuple(candidate, 1, other);
      invertTuple(mapped, other);
      mapped.destination0 = tuple.destination0;
      mapped.destination1 = tuple.destination1;
      mapped.ports = (mapped.ports & 0xffff) | (tuple.ports & 0xffff0000);
      if (isInRange(mapped, range)) return true;
    }
    at = nextBySource(candidate);
  }
  return false;
}

function hasSource(candidate: Entry, tuple: Tuple): bool {
  if (candidate.protocol != tuple.protocol || candidate.family != tuple.family) return false;
  loadTuple(candidate, 0, other);
  return (
    other.source0 == tuple.source0 && other.source1 == tuple.source1 && (other.ports & 0xffff) == (tuple.ports & 0xffff)
  );
}

/** Looks for a free port or id, from a random start (nf_nat_l4proto_unique_tuple). */
function choosePort(tuple: Tuple, range: NatRange, entry: Entry, manip: Manip): void {
  const isIcmp = tuple.protocol == PROTO_ICMP || tuple.protocol == PROTO_ICMPV6;
  // GRE keys are translated only for PPTP; other protocols have nothing to change.
  if (!isIcmp && !hasPorts(tuple.protocol)) return;
  const isSource = isIcmp || manip == Manip.Source;
  const current = isSource ? tuple.sourcePort : tuple.destinationPort;
  let first: u32 = range.minPort;
  let size: u32 = 0;
  if (range.flags & NAT_RANGE_PROTO_SPECIFIED) {
    const last: u32 = range.maxPort;
    if (last < first && !isIcmp) {
      first = last;
      size = <u32>range.minPort - last + 1;
    } else {
      size = last - first + 1;
    }
  } else if (isIcmp) {
    first = 0;
    size = 65536;
  } else {
    if (manip == Manip.Destination) return;
    first = firstOfClass(current);
    size = lastOfClass(current) - first + 1;
  }
  let offset = firstOffset(range, current, manip);
  let attempts = min(size, MAX_ATTEMPTS);
  while (true) {
    for (let i: u32 = 0; i < attempts; i++) {
      const port = first + (offset % size);
      offset = (offset + 1) & 0xffff;
      if (isSource) tuple.sourcePort = port;
      else tuple.destinationPort = port;
      if (!isUsed(tuple, entry)) return;
      if (attempts - i <= LAST_ATTEMPTS && takesOverClosed() && takeOver(tuple, entry)) return;
    }
    if (attempts >= size || attempts < MIN_ATTEMPTS) return;
    attempts /= 2;
    offset = random16();
  }
}

/**
 * Ends the connection that holds a tuple when it is a TCP connection that is over and the new one's sequence numbers lie
 * beyond its own (nf_nat_used_tuple_harder, from 6.12 on).
 */
function takeOver(tuple: Tuple, entry: Entry): bool {
  if (entry.protocol != PROTO_TCP || entry.state != TcpState.SynSent) return false;
  invertTuple(reply, tuple);
  const zone = ctZone(changetype<usize>(entry));
  const reference = findUnder(reply, zone, zoneIdIn(zone, 1), changetype<usize>(entry));
  if (!(reference & 1)) return false;
  const holder = changetype<TcpEntry>(reference & ~1);
  const status: u32 = holder.status;
  if (!(status & IPS_SRC_NAT) || status & IPS_FIXED_TIMEOUT) return false;
  if (holder.state != TcpState.TimeWait && holder.state != TcpState.Close) return false;
  const isNewer = <i32>(changetype<TcpEntry>(changetype<usize>(entry)).end0 - holder.end0) > 0;
  return isNewer && kill(holder);
}

/** Shifted port maps begin where the port lies in its base range; from 6.12 on, DNAT begins at the range's start. */
function firstOffset(range: NatRange, current: u32, manip: Manip): u32 {
  if (range.flags & NAT_RANGE_PROTO_OFFSET) return (current - range.basePort) & 0xffff;
  const isRandom = (range.flags & (NAT_RANGE_PROTO_RANDOM | NAT_RANGE_PROTO_RANDOM_FULLY)) != 0;
  if (manip == Manip.Destination && !isRandom && beginsAtLowestPort()) return 0;
  return random16();
}

/** Ports stay in their class: below 512, below 1024 (reserved ones from 600 on), others. */
function firstOfClass(port: u32): u32 {
  if (port < 512) return 1;
  return port < 1024 ? 600 : 1024;
}

function lastOfClass(port: u32): u32 {
  if (port < 512) return 511;
  return port < 1024 ? 1023 : 65535;
}
