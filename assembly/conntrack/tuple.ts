import { PROTO_ICMP, PROTO_ICMPV6 } from "../abi/protocol";
import { allocate } from "../memory/allocate";
import { ADDRESSES6, ENTRY_SIZE, Entry } from "./entry";

/** One direction of a connection (struct nf_conntrack_tuple), in network byte order; IPv4 fills four bytes of an address. */
@unmanaged
export class Tuple {
  source0: u64;
  source1: u64;
  destination0: u64;
  destination1: u64;
  /** Source port in the first two bytes, destination port in the others; for ICMP the id, then type and code. */
  ports: u32;
  protocol: u8;
  family: u8;

  /** Ports in host order. */
  get sourcePort(): u32 {
    return bswap<u16>(<u16>this.ports);
  }

  get destinationPort(): u32 {
    return bswap<u16>(<u16>(this.ports >> 16));
  }

  set sourcePort(port: u32) {
    this.ports = (this.ports & 0xffff0000) | bswap<u16>(<u16>port);
  }

  set destinationPort(port: u32) {
    this.ports = (this.ports & 0xffff) | ((<u32>bswap<u16>(<u16>port)) << 16);
  }
}

export function newTuple(): Tuple {
  return changetype<Tuple>(allocate(offsetof<Tuple>()));
}

export function copyTuple(to: Tuple, from: Tuple): void {
  memory.copy(changetype<usize>(to), changetype<usize>(from), offsetof<Tuple>());
}

export function sameTuple(a: Tuple, b: Tuple): bool {
  return (
    a.source0 == b.source0 &&
    a.source1 == b.source1 &&
    a.destination0 == b.destination0 &&
    a.destination1 == b.destination1 &&
    a.ports == b.ports &&
    a.protocol == b.protocol &&
    a.family == b.family
  );
}

/** Reads a direction's tuple of an entry. */
export function loadTuple(entry: Entry, direction: u32, to: Tuple): void {
  const at = changetype<usize>(entry) + direction * 12;
  to.protocol = entry.protocol;
  to.family = entry.family;
  to.ports = load<u32>(at, 8);
  if (entry.family == 4) {
    to.source0 = load<u32>(at);
    to.destination0 = load<u32>(at, 4);
    to.source1 = 0;
    to.destination1 = 0;
  } else {
    memory.copy(changetype<usize>(to), changetype<usize>(entry) + ADDRESSES6 + (direction << 5), 32);
  }
}

export function storeTuple(entry: Entry, direction: u32, from: Tuple): void {
  const at = changetype<usize>(entry) + direction * 12;
  store<u32>(at, from.ports, 8);
  if (entry.family == 4) {
    store<u32>(at, <u32>from.source0);
    store<u32>(at, <u32>from.destination0, 4);
  } else {
    memory.copy(changetype<usize>(entry) + ADDRESSES6 + (direction << 5), changetype<usize>(from), 32);
  }
}

/** Does a direction of the entry have this tuple? */
export function hasTuple(entry: Entry, direction: u32, tuple: Tuple): bool {
  const at = changetype<usize>(entry) + direction * 12;
  if (load<u32>(at, 8) != tuple.ports || entry.protocol != tuple.protocol || entry.family != tuple.family) return false;
  if (entry.family == 4) {
    return load<u32>(at) == <u32>tuple.source0 && load<u32>(at, 4) == <u32>tuple.destination0;
  }
  const addresses = changetype<usize>(entry) + ADDRESSES6 + (direction << 5);
  return (
    load<u64>(addresses) == tuple.source0 &&
    load<u64>(addresses, 8) == tuple.source1 &&
    load<u64>(addresses, 16) == tuple.destination0 &&
    load<u64>(addresses, 24) == tuple.destination1
  );
}

/** Do both entries have the same original tuple? */
export function sameOriginal(a: Entry, b: Entry): bool {
  if (a.protocol != b.protocol || a.family != b.family || a.originalPorts != b.originalPorts) return false;
  const first = changetype<usize>(a);
  const second = changetype<usize>(b);
  if (a.family == 4) return load<u64>(first) == load<u64>(second);
  return (
    load<u64>(first, ADDRESSES6) == load<u64>(second, ADDRESSES6) &&
    load<u64>(first, ADDRESSES6 + 8) == load<u64>(second, ADDRESSES6 + 8) &&
    load<u64>(first, ADDRESSES6 + 16) == load<u64>(second, ADDRESSES6 + 16) &&
    load<u64>(first, ADDRESSES6 + 24) == load<u64>(second, ADDRESSES6 + 24)
  );
}

/**
 * What an answer looks like (nf_ct_invert_tuple): addresses and ports swapped; for ICMP the id stays and the type becomes
 * that of the answer. `to` and `from` must differ.
 *
 * @returns false for ICMP types that have no counterpart.
 */
export function invertTuple(to: Tuple, from: Tuple): bool {
  to.source0 = from.destination0;
  to.source1 = from.destination1;
  to.destination0 = from.source0;
  to.destination1 = from.source1;
  to.protocol = from.protocol;
  to.family = from.family;
  if (from.protocol == PROTO_ICMP) return invertIcmp(to, from, invertedType4((from.ports >> 16) & 255));
  if (from.protocol == PROTO_ICMPV6) return invertIcmp(to, from, invertedType6((from.ports >> 16) & 255));
  to.ports = rotl<u32>(from.ports, 16);
  return true;
}

const NO_TYPE: u32 = 256;

function invertIcmp(to: Tuple, from: Tuple, type: u32): bool {
  if (type == NO_TYPE) {
    to.ports = 0;
    return false;
  }
  to.ports = (from.ports & 0xff00ffff) | (type << 16);
  return true;
}

/** Echo, timestamp, information, address mask: request and reply (nf_conntrack_proto_icmp.c). */
function invertedType4(type: u32): u32 {
  switch (type) {
    case 0:
      return 8;
    case 8:
      return 0;
    case 13:
      return 14;
    case 14:
      return 13;
    case 15:
      return 16;
    case 16:
      return 15;
    case 17:
      return 18;
    case 18:
      return 17;
    default:
      return NO_TYPE;
  }
}

/** Echo and node information (nf_conntrack_proto_icmpv6.c). */
function invertedType6(type: u32): u32 {
  switch (type) {
    case 128:
      return 129;
    case 129:
      return 128;
    case 139:
      return 140;
    case 140:
      return 139;
    default:
      return NO_TYPE;
  }
}

assert(ADDRESSES6 == ENTRY_SIZE);
