import { Snooping } from "../abi/bridge";
import { allocate } from "../memory/allocate";
import { device, deviceCount, InterfaceAddress } from "../packet/device";
import { mask0, mask1 } from "./fib";

/** Classes and scopes of IPv6 addresses (__ipv6_addr_type, net/ipv6/addrconf_core.c). Addresses are 16 bytes as in packets. */
export function isMulticast6(address: usize): bool {
  return load<u8>(address) == 0xff;
}

/** fe80::/10 */
export function isLinkLocal6(address: usize): bool {
  return load<u8>(address) == 0xfe && (load<u8>(address, 1) & 0xc0) == 0x80;
}

export function isLoopback6(address: usize): bool {
  return load<u64>(address) == 0 && load<u64>(address, 8) == 0x0100000000000000;
}

export function isAny6(address: usize): bool {
  return load<u64>(address) == 0 && load<u64>(address, 8) == 0;
}

/** Does the address mean something else on every link (rt6_need_strict)? */
export function needsDevice6(address: usize): bool {
  return isMulticast6(address) || isLinkLocal6(address) || isLoopback6(address);
}

/** Scope of a multicast address: the low half of its second byte. */
export function multicastScope(address: usize): u32 {
  return load<u8>(address, 1) & 15;
}

/** Scope for the choice of a source (__ipv6_addr_src_scope): 2 link, 5 site, 14 global, -1 for none. */
export function sourceScope(address: usize): i32 {
  if (isAny6(address)) return -1;
  if (isMulticast6(address)) return <i32>multicastScope(address);
  if (isLinkLocal6(address) || isLoopback6(address)) return 2;
  if (load<u8>(address) == 0xfe && (load<u8>(address, 1) & 0xc0) == 0xc0) return 5;
  return 14;
}

/** Default address labels (net/ipv6/addrlabel.c), the longest prefix first. */
export function addressLabel(address: usize): u32 {
  const first = load<u8>(address);
  const word = bswap<u32>(load<u32>(address));
  const low = load<u64>(address);
  if (isLoopback6(address)) return 0;
  if (low == 0 && load<u32>(address, 8) == 0xffff0000) return 4;
  if (low == 0 && load<u32>(address, 8) == 0) return 3;
  if (word == 0x20010000) return 6;
  if (word >> 4 == 0x2001001) return 7;
  if (word >> 16 == 0x2002) return 2;
  if (word >> 16 == 0x3ffe) return 12;
  if (first == 0xfe && (load<u8>(address, 1) & 0xc0) == 0xc0) return 11;
  return first >> 1 == 0x7e ? 5 : 1;
}

/** One candidate's marks, compared field after field (ipv6_get_saddr_eval). */
@unmanaged
class SourceScore {
  same: i32;
  scope: i32;
  preferred: i32;
  outDevice: i32;
  label: i32;
  privacy: i32;
  orchid: i32;
  matchLength: i32;
}

const FIELDS: u32 = 8;
const best = changetype<SourceScore>(allocate(offsetof<SourceScore>()));
const score = changetype<SourceScore>(allocate(offsetof<SourceScore>()));
let bestAddress: usize = 0;

/**
 * The source address for a destination (ipv6_dev_get_saddr, RFC 6724).
 * @param index device through which the packet leaves, 0 for any.
 * @returns the address's 16 bytes, 0 when there is none.
 */
export function selectAddress6(index: u32, destination: usize): usize {
  bestAddress = 0;
  const onlyDevice = index != 0 && (isMulticast6(destination) || sourceScope(destination) <= 2);
  if (onlyDevice) {
    considerDevice(index, index, destination);
  } else {
    for (let i: u32 = 1; i <= deviceCount; i++) considerDevice(i, index, destination);
  }
  return bestAddress;
}

function considerDevice(index: u32, output: u32, destination: usize): void {
  for (let at = device(index).addresses6; at != 0; at = changetype<InterfaceAddress>(at).next) {
    const address = changetype<InterfaceAddress>(at);
    if (address.tentative || isAny6(at) || isMulticast6(at)) continue;
    rate(address, index, output, destination);
    if (bestAddress != 0 && !isBetter()) continue;
    bestAddress = at;
    memory.copy(changetype<usize>(best), changetype<usize>(score), offsetof<SourceScore>());
  }
}

function rate(address: InterfaceAddress, index: u32, output: u32, destination: usize): void {
  const own = changetype<usize>(address);
  const wanted = sourceScope(destination);
  const scope = sourceScope(own);
  score.same = load<u64>(own) == load<u64>(destination) && load<u64>(own, 8) == load<u64>(destination, 8) ? 1 : 0;
  score.scope = scope >= wanted ? -scope : scope - 128;
  score.preferred = isLoopback6(own) || !address.deprecated ? 1 : 0;
  score.outDevice = output == 0 || output == index ? 1 : 0;
  score.label = addressLabel(own) == addressLabel(destination) ? 1 : 0;
  score.privacy = (address.temporary != 0) == device(index).useTempaddr >= 2 ? 1 : 0;
  score.orchid = isOrchid(own) == isOrchid(destination) ? 1 : 0;
  score.matchLength = min(commonBits(own, destination), <i32>address.prefixLength);
}

function isBetter(): bool {
  for (let i: u32 = 0; i < FIELDS; i++) {
    const a = load<i32>(changetype<usize>(score) + (i << 2));
    const b = load<i32>(changetype<usize>(best) + (i << 2));
    if (a != b) return a > b;
  }
  return false;
}

/** 2001:10::/28 */
function isOrchid(address: usize): bool {
  return bswap<u32>(load<u32>(address)) >> 4 == 0x2001001;
}

function commonBits(a: usize, b: usize): i32 {
  const high = bswap<u64>(load<u64>(a) ^ load<u64>(b));
  if (high != 0) return <i32>clz(high);
  const low = bswap<u64>(load<u64>(a, 8) ^ load<u64>(b, 8));
  return low == 0 ? 128 : 64 + <i32>clz(low);
}

const ALL_NODES: u64 = 0x0100000000000000;
const ALL_ROUTERS: u64 = 0x0200000000000000;
const ALL_SNOOPERS: u64 = 0x6a00000000000000;

/**
 * Has the device joined the group: all nodes, all routers, the solicited nodes of its addresses (ipv6_chk_mcast_addr), those who
 * snoop (br_multicast_join_snoopers, net/bridge/br_multicast.c)?
 */
export function isJoined6(index: u32, group: usize): bool {
  const record = device(index);
  const high = load<u64>(group);
  const low = load<u64>(group, 8);
  const scope = multicastScope(group);
  if (high & ~(<u64>0xffff) || load<u8>(group, 1) > 15) return isSolicited(index, group);
  if (low == ALL_NODES) return scope == 1 || scope == 2;
  // A device that comes up while forwarding is on joins this one alone (ipv6_add_dev).
  if (low == ALL_ROUTERS) return record.forwarding6 != 0 && scope == 2;
  if (low == ALL_SNOOPERS) return record.snooping != Snooping.Off && scope == 2;
  return isSolicited(index, group);
}

/** ff02::1:ff00:0/104 with the low 24 bits of an address, or of a router's anycast address. */
function isSolicited(index: u32, group: usize): bool {
  if (load<u64>(group) != 0x02ff || (load<u64>(group, 8) & 0xffffffffff) != 0xff01000000) return false;
  const low = load<u64>(group, 8) >> 40;
  for (let at = device(index).addresses6; at != 0; at = changetype<InterfaceAddress>(at).next) {
    const address = changetype<InterfaceAddress>(at);
    if (address.address1 >> 40 == low) return true;
    const length: u32 = address.prefixLength;
    if (device(index).forwarding6 && length < 127 && (address.address1 & mask1(length)) >> 40 == low) return true;
  }
  return false;
}

/** Is it the anycast address of a network that the device routes for (ipv6_chk_acast_addr)? */
export function isRouterAnycast(index: u32, address0: u64, address1: u64): bool {
  if (!device(index).forwarding6) return false;
  for (let at = device(index).addresses6; at != 0; at = changetype<InterfaceAddress>(at).next) {
    const own = changetype<InterfaceAddress>(at);
    const length: u32 = own.prefixLength;
    if (length >= 127) continue;
    if ((own.address0 & mask0(length)) == address0 && (own.address1 & mask1(length)) == address1) return true;
  }
  return false;
}
