import { Snooping } from "../abi/bridge";
import { RouteType, SCOPE_HOST, SCOPE_LINK } from "../abi/route";
import { allocate, release } from "../memory/allocate";
import {
  DEVICE_UP,
  Device,
  device,
  deviceCount,
  InterfaceAddress,
  devicesWritten as noteDevices,
} from "../packet/device";
import { mask0, mask1 } from "./fib";
import { flushRoutes } from "./input-cache";

/** The node's own addresses by value (inet_addr_lst, inet6_addr_lst): one record each, several for one address on two devices. */
@unmanaged
class OwnAddress {
  address0: u64;
  address1: u64;
  device: u32;
  family: u32;
  next: usize;
}

const BUCKETS: u32 = 1024;
const buckets: usize = allocate(BUCKETS << 2);

function bucketOf(address0: u64, address1: u64): usize {
  const hash = (address0 * 0x9e3779b97f4a7c15) ^ (address1 * 0xc2b2ae3d27d4eb4f);
  return buckets + ((<usize>((hash ^ (hash >> 32)) & (BUCKETS - 1))) << 2);
}

/** Called when the host has written all devices and their addresses. */
export function devicesWritten(): void {
  flushRoutes();
  noteDevices();
  forgetAddresses();
  for (let i: u32 = deviceCount; i >= 1; i--) {
    noteAddresses(i, 4, device(i).addresses4);
    noteAddresses(i, 6, device(i).addresses6);
  }
}

function noteAddresses(index: u32, family: u32, first: usize): void {
  for (let at = first; at != 0; at = changetype<InterfaceAddress>(at).next) {
    const address = changetype<InterfaceAddress>(at);
    const own = changetype<OwnAddress>(allocate(offsetof<OwnAddress>()));
    own.address0 = address.address0;
    own.address1 = address.address1;
    own.device = index;
    own.family = family;
    const bucket = bucketOf(own.address0, own.address1);
    own.next = load<usize>(bucket);
    store<usize>(bucket, changetype<usize>(own));
  }
}

function forgetAddresses(): void {
  for (let i: u32 = 0; i < BUCKETS; i++) {
    let at = load<usize>(buckets + (i << 2));
    while (at != 0) {
      const next = changetype<OwnAddress>(at).next;
      release(at);
      at = next;
    }
    store<usize>(buckets + (i << 2), 0);
  }
}

/** The device that has this address (inet_lookup_ifaddr_rcu, ipv6_chk_addr), 0 for none. */
export function findOwnAddress(family: u32, address0: u64, address1: u64): u32 {
  let at = load<usize>(bucketOf(address0, address1));
  while (at != 0) {
    const own = changetype<OwnAddress>(at);
    if (own.address0 == address0 && own.address1 == address1 && own.family == family) return own.device;
    at = own.next;
  }
  return 0;
}

/** Has this very device the address? */
export function hasOwnAddress(index: u32, family: u32, address0: u64, address1: u64): bool {
  const record = device(index);
  let at = family == 4 ? record.addresses4 : record.addresses6;
  while (at != 0) {
    const address = changetype<InterfaceAddress>(at);
    if (address.address0 == address0 && address.address1 == address1) return true;
    at = address.next;
  }
  return false;
}

/** Does an address lie in the network of one of the device's addresses? */
export function isInNetwork(address: InterfaceAddress, address0: u64, address1: u64): bool {
  const length: u32 = address.prefixLength;
  if (((address.address0 ^ address0) & mask0(length)) != 0) return false;
  return ((address.address1 ^ address1) & mask1(length)) == 0;
}

/**
 * The source address for a destination (0: any) on a device (inet_select_addr, net/ipv4/devinet.c).
 * @returns the four bytes in a u64, 0 when the node has none.
 */
export function selectAddress4(index: u32, destination: u64, scope: u32): u64 {
  const found = selectOnDevice(device(index), destination, scope);
  if (found != 0) return found;
  for (let i: u32 = 1; i <= deviceCount; i++) {
    const other = selectElsewhere(device(i), scope);
    if (other != 0) return other;
  }
  return 0;
}

function selectOnDevice(record: Device, destination: u64, scope: u32): u64 {
  const localnetScope: u32 = record.routeLocalnet ? SCOPE_LINK : SCOPE_HOST;
  let found: u64 = 0;
  for (let at = record.addresses4; at != 0; at = changetype<InterfaceAddress>(at).next) {
    const address = changetype<InterfaceAddress>(at);
    const ownScope: u32 = address.scope;
    if (address.secondary || min(ownScope, localnetScope) > scope) continue;
    if (destination == 0 || isInNetwork(address, destination, 0)) return address.address0;
    if (found == 0) found = address.address0;
  }
  return found;
}

/** Another device's address, but none of link scope (in_dev_select_addr). */
function selectElsewhere(record: Device, scope: u32): u64 {
  for (let at = record.addresses4; at != 0; at = changetype<InterfaceAddress>(at).next) {
    const address = changetype<InterfaceAddress>(at);
    if (!address.secondary && address.scope != SCOPE_LINK && address.scope <= scope) return address.address0;
  }
  return 0;
}

/** Are both addresses in one network of the device (inet_addr_onlink)? `other` 0 is any. */
export function areOnLink(index: u32, address: u64, other: u64): bool {
  for (let at = device(index).addresses4; at != 0; at = changetype<InterfaceAddress>(at).next) {
    const own = changetype<InterfaceAddress>(at);
    if (own.secondary || !isInNetwork(own, address, 0)) continue;
    if (other == 0 || isInNetwork(own, other, 0)) return true;
  }
  return false;
}

/** The classes of IPv4 addresses that need no table; `Unspec` for others. The address is as in the packet. */
export function class4(address: u32): RouteType {
  if (address == 0 || address == 0xffffffff) return RouteType.Broadcast;
  return (address & 0xf0) == 0xe0 ? RouteType.Multicast : RouteType.Unspec;
}

export function isMulticast4(address: u32): bool {
  return (address & 0xf0) == 0xe0;
}

/** 224.0.0.0/24 */
export function isLocalMulticast4(address: u32): bool {
  return (address & 0x00ffffff) == 0x000000e0;
}

export function isLoopback4(address: u32): bool {
  return (address & 0xff) == 127;
}

/**
 * 224.0.0.1: every device that is up has joined it, and nothing else (ip_mc_up), but for 224.0.0.106, which bridges that snoop have
 * (br_multicast_join_snoopers, net/bridge/br_multicast.c).
 */
export function isJoined4(index: u32, address: u32): bool {
  if (!(device(index).flags & DEVICE_UP)) return false;
  return address == 0x010000e0 || (address == 0x6a0000e0 && device(index).snooping != Snooping.Off);
}
