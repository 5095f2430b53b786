import { SetResult, SetType } from "../abi/ipset";
import { allocate, release } from "../memory/allocate";
import {
  Addition,
  ELEMENT_FILLED,
  forgetComment,
  Inquiry,
  initExtensions,
  isExpired,
  matchExtensions,
  startTimeout,
} from "./extensions";
import { FOUND, NOT_FOUND } from "./hash-test";
import { KernelSet, placeExtensions, touchSet } from "./set";

/** The bitmap types: ip_set_bitmap_gen.h with ip_set_bitmap_ip.c, _ipmac.c and _port.c. */

/** The element is there, but a MAC is missing: a packet's is to be filled in (-EAGAIN). */
export const INCOMPLETE: i32 = 2;

/** Bytes at the start of an element: bitmap:ip,mac has the MAC there. A set without any extension has elements of none. */
const MAC_PART: u32 = 8;

/** bitmap_TYPE_create: the host has checked the range. */
export function createBitmap(set: KernelSet): void {
  set.dimensions = set.type == SetType.BitmapIpMac ? 2 : 1;
  set.hosts = (<u32>1) << (32 - set.netmask);
  set.first &= ~(set.hosts - 1);
  set.last |= set.hosts - 1;
  const keeps = set.with != 0 || set.type == SetType.BitmapIpMac;
  placeExtensions(set, keeps ? MAC_PART : 0);
  const count = bitmapSize(set);
  set.members = allocate((count + 31) >> 3);
  set.extensions = allocate(count * set.elementSize + 8);
}

export function destroyBitmap(set: KernelSet): void {
  release(set.members);
  release(set.extensions);
}

/** Elements that the range holds. */
export function bitmapSize(set: KernelSet): u32 {
  return (set.last - set.first) / set.hosts + 1;
}

export function flushBitmap(set: KernelSet): void {
  memory.fill(set.members, 0, (bitmapSize(set) + 31) >> 3);
  set.elements = 0;
  touchSet(set);
}

/** The place of a port or an address in host order; the caller has checked that it lies in the range. */
export function bitmapId(set: KernelSet, value: u32): u32 {
  if (set.hosts == 1) return value - set.first;
  return ((value & ~(set.hosts - 1)) - set.first) / set.hosts;
}

export function isMember(set: KernelSet, id: u32): bool {
  return ((load<u8>(set.members + (id >> 3)) >> (id & 7)) & 1) != 0;
}

function setMember(set: KernelSet, id: u32): void {
  const at = set.members + (id >> 3);
  store<u8>(at, load<u8>(at) | <u8>((<u32>1) << (id & 7)));
}

function clearMember(set: KernelSet, id: u32): void {
  const at = set.members + (id >> 3);
  store<u8>(at, load<u8>(at) & ~(<u8>((<u32>1) << (id & 7))));
}

export function bitmapElement(set: KernelSet, id: u32): usize {
  return set.extensions + id * set.elementSize;
}

/** Is its MAC known? True for the types that have none. */
export function isFilled(set: KernelSet, element: usize): bool {
  if (set.type != SetType.BitmapIpMac) return true;
  return (load<u32>(element + set.flagsOffset) & ELEMENT_FILLED) != 0;
}

/** mtype_test; `mac` is the packet's, 0 for types without. */
export function testBitmap(set: KernelSet, id: u32, mac: usize, inquiry: Inquiry): i32 {
  if (!isMember(set, id)) return NOT_FOUND;
  const element = bitmapElement(set, id);
  if (set.type == SetType.BitmapIpMac) {
    if (mac == 0 || !isFilled(set, element)) return INCOMPLETE;
    if (!sameMac(element, mac)) return NOT_FOUND;
  }
  return matchExtensions(set, element, inquiry) ? FOUND : NOT_FOUND;
}

/** mtype_add; `mac` is 0 where none is given. */
export function addToBitmap(set: KernelSet, id: u32, mac: usize, addition: Addition): SetResult {
  const element = bitmapElement(set, id);
  const wasMember = isMember(set, id);
  const wasFilled = isFilled(set, element);
  const completes = wasMember && !wasFilled && mac != 0;
  if (wasMember && !completes) {
    if (!seemsExpired(set, element) && !addition.exist) return SetResult.Exist;
    // With -exist another MAC takes the place of the old one.
    if (mac != 0 && addition.exist) storeMac(element, mac);
    forgetComment(set, element);
  } else if (set.type == SetType.BitmapIpMac) {
    if (mac != 0) storeMac(element, mac);
    store<u32>(element + set.flagsOffset, mac != 0 ? ELEMENT_FILLED : 0);
  }
  if (set.timeoutOffset != 0) {
    if (completes) completeTimeout(set, element, addition.timeout);
    else if (set.type == SetType.BitmapIpMac && mac == 0) store<u64>(element + set.timeoutOffset, addition.timeout);
    else startTimeout(set, element, addition.timeout);
  }
  initExtensions(set, element, addition);
  if (!wasMember) set.elements += 1;
  setMember(set, id);
  touchSet(set);
  return SetResult.Ok;
}

/** The MAC is known now, and the timeout begins to run: the one stored, unless another was given. */
function completeTimeout(set: KernelSet, element: usize, timeout: u32): void {
  const given = timeout == set.timeout ? <u32>load<u64>(element + set.timeoutOffset) : timeout;
  startTimeout(set, element, given);
}

/** mtype_del */
export function removeFromBitmap(set: KernelSet, id: u32): SetResult {
  if (!isMember(set, id)) return SetResult.Exist;
  clearMember(set, id);
  const element = bitmapElement(set, id);
  forgetComment(set, element);
  set.elements -= 1;
  touchSet(set);
  return seemsExpired(set, element) ? SetResult.Exist : SetResult.Ok;
}

/** While the MAC is missing, seconds stand in the place of the deadline, and the kernel takes any for long past. */
function seemsExpired(set: KernelSet, element: usize): bool {
  if (isFilled(set, element)) return isExpired(set, element);
  return set.timeoutOffset != 0 && load<u64>(element + set.timeoutOffset) != 0;
}

function sameMac(a: usize, b: usize): bool {
  return load<u32>(a) == load<u32>(b) && load<u16>(a, 4) == load<u16>(b, 4);
}

function storeMac(element: usize, mac: usize): void {
  store<u32>(element, load<u32>(mac));
  store<u16>(element, load<u16>(mac, 4), 4);
}
