import { Pool } from "../memory/pool";
import { device, NO_DEVICE, PORT_FAST_LEAVE, PORT_TO_UNICAST } from "../packet/device";
import { isLocalMulticast4 } from "../route/addresses";
import { armTimer, isPending, shortenTimer } from "./group-timer";
import { GROUP_BUCKETS, isAskedByOther, Snooper } from "./snooper";

/** Which ports of a bridge asked for a group (net_bridge_mdb_entry). */
@unmanaged
export class Group {
  /** 16 bytes; IPv4 fills the first four, a MAC address the first six. */
  address0: u64;
  address1: u64;
  /** 4, 6; 0 for a MAC address. */
  family: u8;
  /** The node belongs to it for good. */
  isHostPermanent: u8;
  /** First `Member`, in the order of joining. */
  members: usize;
  /** As long as it runs, the node belongs to it. */
  host: u64;
  hostEnd: u64;
  next: usize;
}

/** A port that asked for a group (net_bridge_port_group). */
@unmanaged
export class Member {
  port: u32;
  isPermanent: u8;
  /** Who asked, as six bytes: ports that send to each host by itself have a member for each. */
  mac: u64;
  expires: u64;
  end: u64;
  next: usize;
}

const groups = Pool.create(offsetof<Group>());
const members = Pool.create(offsetof<Member>());

function hostTimer(group: Group): usize {
  return changetype<usize>(group) + offsetof<Group>("host");
}

function timerOf(member: Member): usize {
  return changetype<usize>(member) + offsetof<Member>("expires");
}

function low(family: u32, address: usize): u64 {
  if (family == 4) return load<u32>(address);
  return family == 6 ? load<u64>(address) : load<u64>(address) & 0x0000ffffffffffff;
}

function high(family: u32, address: usize): u64 {
  return family == 6 ? load<u64>(address, 8) : 0;
}

function bucketOf(snooper: Snooper, address0: u64, address1: u64): usize {
  const hash = (address0 ^ rotl<u64>(address1, 7)) * 0x9e3779b97f4a7c15;
  return snooper.buckets + ((<usize>(hash >> 56)) << 2);
}

/** @returns the group, even when nobody belongs to it any more; 0: it was never asked for. */
function lookUp(snooper: Snooper, family: u32, address: usize): usize {
  const address0 = low(family, address);
  const address1 = high(family, address);
  for (let at = load<usize>(bucketOf(snooper, address0, address1)); at != 0; at = changetype<Group>(at).next) {
    const group = changetype<Group>(at);
    if (group.address0 == address0 && group.address1 == address1 && group.family == <u8>family) return at;
  }
  return 0;
}

/** br_mdb_ip_get, without members whose time is over. @returns 0 where nobody is known to belong to it. */
export function findGroup(snooper: Snooper, family: u32, address: usize): usize {
  const at = lookUp(snooper, family, address);
  return at != 0 && hasAnyone(changetype<Group>(at)) ? at : 0;
}

function hasAnyone(group: Group): bool {
  dropExpired(group);
  return group.members != 0 || isHostIn(group);
}

function dropExpired(group: Group): void {
  let before: usize = 0;
  let at = group.members;
  while (at != 0) {
    const member = changetype<Member>(at);
    const next = member.next;
    if (member.isPermanent || isPending(timerOf(member))) before = at;
    else removeMember(group, before, member);
    at = next;
  }
}

function removeMember(group: Group, before: usize, member: Member): void {
  if (before == 0) group.members = member.next;
  else changetype<Member>(before).next = member.next;
  members.give(changetype<usize>(member));
}

/** Does the node belong to the group, as far as it told the bridge? */
export function isHostIn(group: Group): bool {
  return group.isHostPermanent != 0 || isPending(hostTimer(group));
}

/**
 * br_multicast_new_group. Unlike Linux, the groups that IPv6 itself makes the node join do not count.
 * @returns 0 where there are too many: the bridge then reads no more.
 */
function groupFor(snooper: Snooper, family: u32, address: usize): usize {
  const known = lookUp(snooper, family, address);
  if (known != 0) return known;
  if (snooper.groupCount >= snooper.hashMax) dropEmpty(snooper);
  if (snooper.groupCount >= snooper.hashMax) {
    snooper.isFull = 1;
    return 0;
  }
  const group = changetype<Group>(groups.take());
  group.family = <u8>family;
  group.address0 = low(family, address);
  group.address1 = high(family, address);
  const bucket = bucketOf(snooper, group.address0, group.address1);
  group.next = load<usize>(bucket);
  store<usize>(bucket, changetype<usize>(group));
  snooper.groupCount += 1;
  return changetype<usize>(group);
}

function dropEmpty(snooper: Snooper): void {
  for (let i: u32 = 0; i < GROUP_BUCKETS; i++) {
    // The bucket stands before its first group as a group before the next.
    let link = snooper.buckets + (i << 2);
    while (load<usize>(link) != 0) {
      const at = load<usize>(link);
      const group = changetype<Group>(at);
      if (hasAnyone(group)) {
        link = at + offsetof<Group>("next");
      } else {
        store<usize>(link, group.next);
        snooper.groupCount -= 1;
        groups.give(at);
      }
    }
  }
}

/** Groups of which nobody keeps lists, for all take part in them (ipv4_is_local_multicast, ipv6_addr_is_ll_all_nodes). */
export function isForAll(family: u32, address: usize): bool {
  if (family == 4) return isLocalMulticast4(load<u32>(address));
  return load<u64>(address) == 0x02ff && load<u64>(address, 8) == 0x0100000000000000;
}

/** Somebody behind a port, or the node (port 0), joins (br_multicast_add_group). @returns false when the bridge is full. */
export function join(snooper: Snooper, port: u32, family: u32, address: usize, mac: u64): bool {
  if (isForAll(family, address)) return true;
  const at = groupFor(snooper, family, address);
  if (at == 0) return false;
  const group = changetype<Group>(at);
  if (port == NO_DEVICE) armTimer(hostTimer(group), snooper.membershipInterval);
  else armTimer(timerOf(memberFor(group, port, mac)), snooper.membershipInterval);
  return true;
}

function memberFor(group: Group, port: u32, mac: u64): Member {
  let last: usize = 0;
  for (let at = group.members; at != 0; at = changetype<Member>(at).next) {
    if (isSame(changetype<Member>(at), port, mac)) return changetype<Member>(at);
    last = at;
  }
  const member = changetype<Member>(members.take());
  member.port = port;
  member.mac = mac;
  if (last == 0) group.members = changetype<usize>(member);
  else changetype<Member>(last).next = changetype<usize>(member);
  return member;
}

/** br_port_group_equal */
function isSame(member: Member, port: u32, mac: u64): bool {
  return member.port == port && (!(device(port).portFlags & PORT_TO_UNICAST) || member.mac == mac);
}

/** Somebody leaves (br_multicast_leave_group): whoever asks will ask whether others are left; where nobody does, time is short. */
export function leave(snooper: Snooper, port: u32, family: u32, address: usize, mac: u64): void {
  if (isForAll(family, address)) return;
  const at = findGroup(snooper, family, address);
  if (at == 0) return;
  const group = changetype<Group>(at);
  if (port != NO_DEVICE && device(port).portFlags & PORT_FAST_LEAVE) return leaveAtOnce(group, port, mac);
  if (isAskedByOther(snooper, family)) return;
  const time = <u64>snooper.lastMemberCount * snooper.lastMemberInterval;
  if (port == NO_DEVICE) {
    if (isPending(hostTimer(group))) shortenTimer(hostTimer(group), time);
    return;
  }
  for (let one = group.members; one != 0; one = changetype<Member>(one).next) {
    if (changetype<Member>(one).port == port) return shortenTimer(timerOf(changetype<Member>(one)), time);
  }
}

function leaveAtOnce(group: Group, port: u32, mac: u64): void {
  let before: usize = 0;
  for (let at = group.members; at != 0; at = changetype<Member>(at).next) {
    const member = changetype<Member>(at);
    if (isSame(member, port, mac)) {
      if (!member.isPermanent) removeMember(group, before, member);
      return;
    }
    before = at;
  }
}

/** Somebody asks who is left of a group: members have so many ticks, each time that is asked (br_ip4_multicast_query). */
export function askFor(snooper: Snooper, family: u32, address: usize, delay: u64): void {
  const at = findGroup(snooper, family, address);
  if (at == 0) return;
  const group = changetype<Group>(at);
  const time = delay * snooper.lastMemberCount;
  if (isPending(hostTimer(group))) shortenTimer(hostTimer(group), time);
  for (let one = group.members; one != 0; one = changetype<Member>(one).next) {
    shortenTimer(timerOf(changetype<Member>(one)), time);
  }
}

/** What the host knows of a group: a member (port 0: the node) for so many ticks, 0: for good. */
export function setMember(snooper: Snooper, port: u32, family: u32, address: usize, mac: u64, ticks: u64): void {
  const at = groupFor(snooper, family, address);
  if (at == 0) return;
  const group = changetype<Group>(at);
  if (port != NO_DEVICE) {
    const member = memberFor(group, port, mac);
    member.isPermanent = ticks == 0 ? 1 : 0;
    if (ticks != 0) armTimer(timerOf(member), ticks);
  } else if (ticks == 0) {
    group.isHostPermanent = 1;
  } else {
    armTimer(hostTimer(group), ticks);
  }
}

/** A port goes down: what was asked for behind it is forgotten (br_multicast_disable_port). */
export function forgetMembers(snooper: Snooper, port: u32): void {
  for (let i: u32 = 0; i < GROUP_BUCKETS; i++) {
    for (let at = load<usize>(snooper.buckets + (i << 2)); at != 0; at = changetype<Group>(at).next) {
      forgetMembersOf(changetype<Group>(at), port);
    }
  }
}

function forgetMembersOf(group: Group, port: u32): void {
  let before: usize = 0;
  let at = group.members;
  while (at != 0) {
    const member = changetype<Member>(at);
    const next = member.next;
    if (member.port == port && !member.isPermanent) removeMember(group, before, member);
    else before = at;
    at = next;
  }
}
