import { SetType } from "../abi/ipset";
import { KernelSet } from "./set";

/** Bytes of interface name, wildcard mark and padding behind the key of hash:net,iface. */
export const INTERFACE_PART: u32 = 20;
/** Where in them the mark lies: does the name stand for all that begin with it? */
export const WILDCARD_OFFSET: u32 = 16;

/**
 * Lays out the key of a hash type as the kernel's struct hash_TYPE4_elem and hash_TYPE6_elem do (ip_set_hash_*.c): the
 * same bytes give the same hash, so elements lie and are listed in the kernel's order.
 */
export function layOutKey(set: KernelSet): void {
  const a = set.addressSize;
  const type: SetType = set.type;
  switch (type) {
    case SetType.HashIp:
      set.dimensions = 1;
      set.keySize = a;
      break;
    case SetType.HashMac:
      set.dimensions = 1;
      set.keySize = 8;
      break;
    case SetType.HashIpMac:
      set.dimensions = 2;
      set.etherOffset = <u8>a;
      set.keySize = a + 8;
      break;
    case SetType.HashIpMark:
      set.dimensions = 2;
      set.keySize = a + 4;
      break;
    case SetType.HashIpPort:
      set.dimensions = 2;
      placePort(set, a, a + 2);
      set.keySize = a + 4;
      break;
    case SetType.HashIpPortIp:
      set.dimensions = 3;
      set.address2Offset = <u8>a;
      placePort(set, 2 * a, 2 * a + 2);
      set.keySize = 2 * a + 4;
      break;
    case SetType.HashIpPortNet:
      set.dimensions = 3;
      set.address2Offset = <u8>a;
      placePort(set, 2 * a, 2 * a + 3);
      placeNet(set, a, 2 * a + 2, true);
      set.keySize = 2 * a + 4;
      break;
    case SetType.HashNet:
      set.dimensions = 1;
      placeNet(set, 0, a + 3, false);
      set.keySize = a + 4;
      break;
    case SetType.HashNetNet:
      set.dimensions = 2;
      set.address2Offset = <u8>a;
      placeTwoNets(set, 2 * a + 2);
      set.keySize = 2 * a + 4;
      break;
    case SetType.HashNetPort:
      set.dimensions = 2;
      placePort(set, a, a + 2);
      placeNet(set, 0, a + 3, true);
      set.keySize = a + 4;
      break;
    case SetType.HashNetPortNet:
      set.dimensions = 3;
      set.address2Offset = <u8>a;
      placePort(set, 2 * a, 2 * a + 7);
      placeTwoNets(set, 2 * a + 2);
      set.keySize = 2 * a + 8;
      break;
    case SetType.HashNetIface:
      set.dimensions = 2;
      placeNet(set, 0, a + 1, false);
      set.keySize = a + 4;
      set.interfaceOffset = <u8>set.keySize;
      break;
    default:
      break;
  }
}

function placePort(set: KernelSet, port: u32, protocol: u32): void {
  set.portOffset = <u8>port;
  set.protocolOffset = <u8>protocol;
}

function placeNet(set: KernelSet, address: u32, cidr: u32, packed: bool): void {
  set.netCount = 1;
  set.netOffset = <u8>address;
  set.cidrOffset = <u8>cidr;
  set.packed = packed ? 1 : 0;
}

function placeTwoNets(set: KernelSet, cidr: u32): void {
  set.netCount = 2;
  set.netOffset = 0;
  set.net2Offset = set.address2Offset;
  set.cidrOffset = <u8>cidr;
  set.cidr2Offset = <u8>(cidr + 1);
}

/** Prefix length of network `n` (0 or 1) of a key. */
export function prefixOf(set: KernelSet, key: usize, n: u32): u32 {
  return <u32>load<u8>(key + (n == 0 ? set.cidrOffset : set.cidr2Offset)) + set.packed;
}

export function setPrefix(set: KernelSet, key: usize, n: u32, prefix: u32): void {
  store<u8>(key + (n == 0 ? set.cidrOffset : set.cidr2Offset), <u8>(prefix - set.packed));
}

/** Cuts network `n` of a key down to a prefix length (mtype_data_netmask). */
export function narrowNet(set: KernelSet, key: usize, n: u32, prefix: u32): void {
  maskAddress(key + (n == 0 ? set.netOffset : set.net2Offset), set.addressSize, prefix);
  setPrefix(set, key, n, prefix);
}

/** Zeroes the bits of an address behind a prefix. */
export function maskAddress(address: usize, size: u32, prefix: u32): void {
  for (let i: u32 = 0; i < size; i += 4) {
    const left: i32 = <i32>prefix - <i32>(i << 3);
    if (left >= 32) continue;
    const mask: u32 = left <= 0 ? 0 : bswap<u32>((<u32>0xffffffff) << (32 - left));
    store<u32>(address + i, load<u32>(address + i) & mask);
  }
}
