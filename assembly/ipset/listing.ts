import { MEMBER_BYTES, MEMBER_MAC, MEMBER_NOMATCH, MEMBER_PACKETS, MEMBER_TIMEOUT, SetType } from "../abi/ipset";
import { allocate } from "../memory/allocate";
import { hz, nowTicks } from "../packet/clock";
import { bitmapElement, bitmapSize, isFilled, isMember } from "./bitmap";
import { bucketAt, elementAt } from "./bucket";
import { ELEMENT_NOMATCH, isExpired } from "./extensions";
import { firstMember, isLive, ListMember, nextMember } from "./list";
import { describeKey, describePlace, MEMBER_SIZE, MemberRecord } from "./member";
import { Counters, KernelSet, kernelSet, SkbInfo } from "./set";

/** Members for the host, in the order in which the kernel lists them (the list functions), expired ones left out. */

const PAGE: u32 = 512;
const page = allocate(PAGE * MEMBER_SIZE);

let listed: KernelSet = changetype<KernelSet>(0);
/** Bucket or place in the bitmap, and place in the bucket, where the listing goes on. */
let index: u32 = 0;
let place: u32 = 0;
let member: ListMember = changetype<ListMember>(0);

/** Where the records of a page begin. */
export function listingAddress(): usize {
  return page;
}

export function beginListing(number: u32): void {
  listed = kernelSet(number);
  index = 0;
  place = 0;
  member = listed.isList ? firstMember(listed) : changetype<ListMember>(0);
}

/** Fills the next page; returns how many records it holds, 0 at the end. */
export function listMembers(): u32 {
  const set = listed;
  if (set.isList) return listSets(set);
  return set.isHash ? listHash(set) : listBitmap(set);
}

function listHash(set: KernelSet): u32 {
  const buckets = (<u32>1) << set.bits;
  let count: u32 = 0;
  for (; index < buckets; index++) {
    const bucket = bucketAt(set, index);
    if (changetype<usize>(bucket) != 0) {
      for (; place < bucket.pos; place++) {
        if (!bucket.isUsed(place)) continue;
        const element = elementAt(set, bucket, place);
        if (isExpired(set, element)) continue;
        if (count == PAGE) return count;
        const record = nextRecord(count++);
        describeKey(set, element, record);
        describeExtensions(set, element, record, true);
      }
    }
    place = 0;
  }
  return count;
}

function listBitmap(set: KernelSet): u32 {
  const size = bitmapSize(set);
  let count: u32 = 0;
  for (; index < size; index++) {
    if (!isMember(set, index)) continue;
    const element = bitmapElement(set, index);
    const filled = isFilled(set, element);
    if (filled && isExpired(set, element)) continue;
    if (count == PAGE) return count;
    const record = nextRecord(count++);
    describePlace(set, index, record);
    if (set.type == SetType.BitmapIpMac && filled) {
      memory.copy(changetype<usize>(record) + offsetof<MemberRecord>("mac"), element, 6);
      record.flags |= MEMBER_MAC;
    }
    describeExtensions(set, element, record, filled);
  }
  return count;
}

function listSets(set: KernelSet): u32 {
  let count: u32 = 0;
  for (; changetype<usize>(member) != 0; member = nextMember(member)) {
    if (!isLive(set, member)) continue;
    if (count == PAGE) return count;
    const record = nextRecord(count++);
    record.set = member.set;
    describeExtensions(set, changetype<usize>(member), record, true);
  }
  return count;
}

function nextRecord(number: u32): MemberRecord {
  const record = page + number * MEMBER_SIZE;
  memory.fill(record, 0, MEMBER_SIZE);
  return changetype<MemberRecord>(record);
}

/** ip_set_put_extensions; `running` tells whether the timeout is a deadline, or seconds that wait for a MAC. */
function describeExtensions(set: KernelSet, element: usize, record: MemberRecord, running: bool): void {
  if (set.timeoutOffset != 0) {
    record.flags |= MEMBER_TIMEOUT;
    record.timeout = secondsLeft(load<u64>(element + set.timeoutOffset), running);
  }
  if (set.countersOffset != 0) {
    const counters = changetype<Counters>(element + set.countersOffset);
    record.flags |= MEMBER_PACKETS | MEMBER_BYTES;
    record.packets = counters.packets;
    record.bytes = counters.bytes;
  }
  if (set.skbinfoOffset != 0) {
    const info = changetype<SkbInfo>(element + set.skbinfoOffset);
    record.skbmark = info.mark;
    record.skbmarkMask = info.markMask;
    record.skbPriority = info.priority;
    record.skbQueue = info.queue;
  }
  if (set.commentOffset != 0) record.comment = load<u32>(element + set.commentOffset);
  if (set.flagsOffset != 0 && set.hasNomatch && load<u32>(element + set.flagsOffset) & ELEMENT_NOMATCH) {
    record.flags |= MEMBER_NOMATCH;
  }
}

/** ip_set_timeout_get: whole seconds, at least one; 0 for ever. */
function secondsLeft(timeout: u64, running: bool): u32 {
  if (timeout == 0 || !running) return <u32>timeout;
  const left = <u32>((timeout - nowTicks) / hz);
  return left == 0 ? 1 : left;
}
