import {
  MEMBER_AFTER,
  MEMBER_BEFORE,
  MEMBER_BYTES,
  MEMBER_MAC,
  MEMBER_NOMATCH,
  MEMBER_PACKETS,
  MEMBER_PHYSDEV,
  MEMBER_TIMEOUT,
  MEMBER_WILDCARD,
  SetResult,
  SetType,
} from "../abi/ipset";
import { allocate } from "../memory/allocate";
import { load32, store32 } from "../packet/bytes";
import { addToBitmap, bitmapId, removeFromBitmap, testBitmap } from "./bitmap";
import { Addition, Inquiry } from "./extensions";
import { addToHash, collectHash, growHash, removeFromHash } from "./hash";
import { FOUND, NOMATCH, NOT_FOUND, testExact, testHash } from "./hash-test";
import { maskAddress, prefixOf, setPrefix, WILDCARD_OFFSET } from "./layout";
import { addToList, collectList, listHas, removeFromList } from "./list";
import { candidate } from "./packet-element";
import { KernelSet } from "./set";

/** One member as host and core hand it to each other: what `ipset add` says, and what a listing shows. */
@unmanaged
export class MemberRecord {
  packets: u64;
  bytes: u64;
  /** 16 bytes as on the wire; IPv4 fills the first four. */
  address0: u64;
  address1: u64;
  second0: u64;
  second1: u64;
  /** Interface name, zero-terminated. */
  interface0: u64;
  interface1: u64;
  /** Six bytes as on the wire. */
  mac: u64;
  prefix: u32;
  secondPrefix: u32;
  protocol: u32;
  /** In host order. */
  port: u32;
  mark: u32;
  /** list:set: number of the member, and of the set that it is placed by. */
  set: u32;
  reference: u32;
  /** `MEMBER_*` bits. */
  flags: u32;
  /** Seconds that it lives, or that are left. */
  timeout: u32;
  skbmark: u32;
  skbmarkMask: u32;
  skbPriority: u32;
  skbQueue: u32;
  /** The host's number of its comment, 0 for none. */
  comment: u32;
}

export const MEMBER_SIZE: u32 = (<u32>offsetof<MemberRecord>() + 7) & ~7;

const request = changetype<MemberRecord>(allocate(MEMBER_SIZE));
const addition = changetype<Addition>(allocate(offsetof<Addition>()));
/** Asks without counting. */
const inquiry = changetype<Inquiry>(allocate(offsetof<Inquiry>()));
inquiry.keepCounters = true;

/** Where the host writes the member that it adds or removes. */
export function memberAddress(): usize {
  return changetype<usize>(request);
}

/** `ipset add` (IPSET_CMD_ADD), with a table that grows as needed. */
export function addMember(set: KernelSet, exist: bool): SetResult {
  const refused = takeRequest(set);
  if (refused != SetResult.Ok) return refused;
  readAddition(set, exist);
  if (set.isList) return addToList(set, request.set, position(), request.reference, addition);
  if (!set.isHash) return addToBitmap(set, bitmapId(set, bitmapValue(set)), requestMac(), addition);
  let result = addToHash(set, candidate, addition);
  while (result == SetResult.BucketFull) {
    growHash(set);
    result = addToHash(set, candidate, addition);
  }
  return result;
}

/** `ipset del` */
export function removeMember(set: KernelSet): SetResult {
  const refused = takeRequest(set);
  if (refused != SetResult.Ok) return refused;
  if (set.isList) return removeFromList(set, request.set, position(), request.reference);
  if (!set.isHash) return removeFromBitmap(set, bitmapId(set, bitmapValue(set)));
  return removeFromHash(set, candidate);
}

/** `ip_set_test` from outside: whole addresses are sought among the networks, networks themselves as they are. */
export function testMember(set: KernelSet): bool {
  if (takeRequest(set) != SetResult.Ok) return false;
  if (set.isList) return listHas(set, request.set, position(), request.reference);
  if (!set.isHash) {
    return testBitmap(set, bitmapId(set, bitmapValue(set)), requestMac(), inquiry) != NOT_FOUND;
  }
  const found = isWhole(set) ? testHash(set, candidate, inquiry) : testExact(set, candidate, inquiry);
  return found == (request.flags & MEMBER_NOMATCH ? NOMATCH : FOUND);
}

/** Are all prefixes of the candidate those of single addresses? */
function isWhole(set: KernelSet): bool {
  for (let n: u32 = 0; n < set.netCount; n++) if (prefixOf(set, candidate, n) != set.addressBits) return false;
  return true;
}

/** IP_SET_INIT_UEXT and what the command gives. */
function readAddition(set: KernelSet, exist: bool): void {
  const flags = request.flags;
  addition.packets = request.packets;
  addition.bytes = request.bytes;
  addition.hasPackets = (flags & MEMBER_PACKETS) != 0;
  addition.hasBytes = (flags & MEMBER_BYTES) != 0;
  addition.exist = exist;
  addition.nomatch = (flags & MEMBER_NOMATCH) != 0;
  addition.timeout = flags & MEMBER_TIMEOUT ? request.timeout : set.timeout;
  addition.mark = request.skbmark;
  addition.markMask = request.skbmarkMask;
  addition.priority = request.skbPriority;
  addition.queue = request.skbQueue;
  addition.comment = request.comment;
}

function position(): i32 {
  if (request.flags & MEMBER_BEFORE) return 1;
  return request.flags & MEMBER_AFTER ? -1 : 0;
}

function bitmapValue(set: KernelSet): u32 {
  if (set.type == SetType.BitmapPort) return request.port;
  return load32(changetype<usize>(request) + offsetof<MemberRecord>("address0"));
}

function requestMac(): usize {
  return request.flags & MEMBER_MAC ? changetype<usize>(request) + offsetof<MemberRecord>("mac") : 0;
}

/** Turns the request into the candidate key and checks what the kernel checks (the uadt functions). */
function takeRequest(set: KernelSet): SetResult {
  if (set.timeoutOffset != 0) {
    if (set.isHash) collectHash(set);
    else if (set.isList) collectList(set);
  }
  if (set.isList) return SetResult.Ok;
  if (!set.isHash) {
    const value = bitmapValue(set);
    return value < set.first || value > set.last ? SetResult.OutOfRange : SetResult.Ok;
  }
  return fillFromRequest(set);
}

function fillFromRequest(set: KernelSet): SetResult {
  const key = candidate;
  const from = changetype<usize>(request);
  const size = set.addressSize;
  const type: SetType = set.type;
  memory.fill(key, 0, 64);
  if (type == SetType.HashMac) {
    memory.copy(key, from + offsetof<MemberRecord>("mac"), 6);
    return load<u64>(key) == 0 ? SetResult.NullElement : SetResult.Ok;
  }
  memory.copy(key, from + offsetof<MemberRecord>("address0"), size);
  if (set.address2Offset != 0) {
    memory.copy(key + set.address2Offset, from + offsetof<MemberRecord>("second0"), size);
  }
  if (set.portOffset != 0) {
    store<u16>(key + set.portOffset, bswap<u16>(<u16>request.port));
    store<u8>(key + set.protocolOffset, <u8>request.protocol);
  }
  if (type == SetType.HashIp) {
    maskAddress(key, size, set.netmask);
    if (isZeroKey(key, size)) return SetResult.NullElement;
  } else if (type == SetType.HashIpMac) {
    memory.copy(key + set.etherOffset, from + offsetof<MemberRecord>("mac"), 6);
    if (load<u64>(key + set.etherOffset) == 0) return SetResult.NullElement;
  } else if (type == SetType.HashIpMark) {
    store<u32>(key + size, request.mark & set.markmask);
    if (isZeroKey(key, size + 4)) return SetResult.NullElement;
  } else if (type == SetType.HashNetIface) {
    fillInterfacePart(set, key);
  }
  return fillNets(set, key);
}

function fillInterfacePart(set: KernelSet, key: usize): void {
  store<u8>(key + set.addressSize, request.flags & MEMBER_PHYSDEV ? 1 : 0);
  store<u8>(key + set.addressSize + 3, 1);
  const part = key + set.interfaceOffset;
  store<u64>(part, request.interface0);
  store<u64>(part, request.interface1, 8);
  store<u8>(part + WILDCARD_OFFSET, request.flags & MEMBER_WILDCARD ? 1 : 0);
}

function fillNets(set: KernelSet, key: usize): SetResult {
  // Only two types can hold the network of length 0 (IP_SET_HASH_WITH_NET0).
  const least: u32 = set.type == SetType.HashNetIface || set.type == SetType.HashNetPortNet ? 0 : 1;
  for (let n: u32 = 0; n < set.netCount; n++) {
    const at = n == 0 ? set.netOffset : set.net2Offset;
    const prefix = at == 0 ? request.prefix : request.secondPrefix;
    if (prefix < least || prefix > set.addressBits) return SetResult.InvalidPrefix;
    maskAddress(key + at, set.addressSize, prefix);
    setPrefix(set, key, n, prefix);
  }
  return SetResult.Ok;
}

function isZeroKey(key: usize, size: u32): bool {
  for (let i: u32 = 0; i < size; i += 4) if (load<u32>(key + i) != 0) return false;
  return true;
}

/** Writes an element's key into a record, the opposite of `fillFromRequest`. */
export function describeKey(set: KernelSet, key: usize, record: MemberRecord): void {
  const to = changetype<usize>(record);
  const size = set.addressSize;
  const type: SetType = set.type;
  if (type == SetType.HashMac) {
    memory.copy(to + offsetof<MemberRecord>("mac"), key, 6);
    record.flags |= MEMBER_MAC;
    return;
  }
  memory.copy(to + offsetof<MemberRecord>("address0"), key, size);
  record.prefix = set.addressBits;
  record.secondPrefix = set.addressBits;
  if (set.address2Offset != 0) memory.copy(to + offsetof<MemberRecord>("second0"), key + set.address2Offset, size);
  if (set.portOffset != 0) {
    record.port = bswap<u16>(load<u16>(key + set.portOffset));
    record.protocol = load<u8>(key + set.protocolOffset);
  }
  for (let n: u32 = 0; n < set.netCount; n++) {
    const isFirst = (n == 0 ? set.netOffset : set.net2Offset) == 0;
    if (isFirst) record.prefix = prefixOf(set, key, n);
    else record.secondPrefix = prefixOf(set, key, n);
  }
  if (type == SetType.HashIpMac) {
    memory.copy(to + offsetof<MemberRecord>("mac"), key + set.etherOffset, 6);
    record.flags |= MEMBER_MAC;
  } else if (type == SetType.HashIpMark) {
    record.mark = load<u32>(key + size);
  } else if (type == SetType.HashNetIface) {
    const part = key + set.interfaceOffset;
    record.interface0 = load<u64>(part);
    record.interface1 = load<u64>(part, 8);
    if (load<u8>(key + size) != 0) record.flags |= MEMBER_PHYSDEV;
    if (load<u8>(part + WILDCARD_OFFSET) != 0) record.flags |= MEMBER_WILDCARD;
  }
}

/** Writes what stands for a place of a bitmap. */
export function describePlace(set: KernelSet, id: u32, record: MemberRecord): void {
  const value = set.first + id * set.hosts;
  if (set.type == SetType.BitmapPort) record.port = value;
  else store32(changetype<usize>(record) + offsetof<MemberRecord>("address0"), value);
}
