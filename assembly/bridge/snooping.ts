import { Snooping } from "../abi/bridge";
import { MAC_MASK } from "../ip/link";
import { device, NO_DEVICE, PORT_TO_UNICAST } from "../packet/device";
import { Packet } from "../packet/packet";
import { isJoined6 } from "../route/address6";
import { findGroup, Group, isHostIn, Member } from "./groups";
import { readIgmp } from "./igmp";
import { readMld } from "./mld";
import { Snooped } from "./snooped";
import { hasQuerier, isRouter, isRouterPort, Snooper, snooperOf } from "./snooper";
import { enterTag, isTagged, leaveTag } from "./tags";

/** Where a bridge sends a frame for a group. */
export enum Aim {
  /** It is broken, and dropped. */
  Nowhere,
  All,
  /** To the ports that {@link copiesThrough} has copies for. */
  Members,
  /** To the members that want its source, which nobody knows here. */
  Unknown,
}

/** What {@link aim} found besides: whether the node gets the frame, too; the group, 0 for none, and its family. */
export let isForNode: bool = true;
let group: usize = 0;
let family: u32 = 0;

/**
 * A bridge reads a frame for many, though not for all, that arrived at a port, or that the node sends (port 0), and chooses
 * whom it is for (br_multicast_rcv, net/bridge/br_multicast.c; br_handle_frame_finish, br_dev_xmit).
 */
export function aim(packet: Packet, port: u32, bridge: u32): Aim {
  isForNode = true;
  if (device(bridge).snooping == Snooping.Off) return Aim.All;
  const snooper = snooperOf(bridge);
  if (snooper == null) return Aim.All;
  // What is behind a tag is read as if there was none, for VLANs are nothing to a bridge that does not filter them.
  const hasTag = isTagged(packet) && enterTag(packet);
  const found = choose(packet, snooper, port);
  if (hasTag) leaveTag(packet);
  return found;
}

function choose(packet: Packet, snooper: Snooper, port: u32): Aim {
  const snooped = read(packet, snooper, port);
  if (snooped == Snooped.Broken) return Aim.Nowhere;
  family = packet.family;
  const isMessage = snooped == Snooped.Message || snooped == Snooped.ForRouters;
  group = isMessage ? 0 : findGroup(snooper, family, family == 0 ? packet.mac : packet.destination);
  if (group == 0 && snooped != Snooped.ForMembers && snooped != Snooped.ForRouters) return Aim.All;
  if (family != 0 && !hasQuerier(snooper, family)) return Aim.All;
  if (!isMessage && (family == 4 ? snooper.tracksSources4 : family == 6 ? snooper.tracksSources6 : 0)) {
    return Aim.Unknown;
  }
  isForNode = isRouter(snooper, family) || (group != 0 && isHostIn(changetype<Group>(group)));
  // IPv6 tells the bridge of the groups that the node joins by itself, and answers whoever asks for members.
  if (!isMessage && family == 6 && isJoined6(snooper.bridge, packet.destination)) isForNode = true;
  return Aim.Members;
}

function read(packet: Packet, snooper: Snooper, port: u32): Snooped {
  const mac = port == NO_DEVICE ? 0 : load<u64>(packet.mac, 6) & MAC_MASK;
  if (packet.family == 4) return readIgmp(packet, snooper, port, mac);
  return packet.family == 6 ? readMld(packet, snooper, port, mac) : Snooped.Plain;
}

/**
 * Copies of the frame that {@link aim} looked at last that leave through a port (br_multicast_flood), one after the other.
 *
 * ```text
 * for (let copy = copiesThrough(port); copy != NO_COPY; copy = nextCopy(copy)) ... copyReceiver(copy)
 * ```
 */
export const NO_COPY: usize = 0;
/** The one copy that a router gets, or that all behind the port share. */
const SHARED: usize = 1;

export function copiesThrough(port: u32): usize {
  const first = memberAt(group == 0 ? 0 : changetype<Group>(group).members, port);
  if (isRouterPort(port, family)) return SHARED | first;
  return first == 0 || isToEach(port) ? first : SHARED | first;
}

/** A router's copy stands for that of the first member, too. */
export function nextCopy(copy: usize): usize {
  const member = copy & ~SHARED;
  if (member == 0) return NO_COPY;
  const port = changetype<Member>(member).port;
  return isToEach(port) ? memberAt(changetype<Member>(member).next, port) : NO_COPY;
}

/** The one host that a copy is for; 0: it is for whoever is behind the port. */
export function copyReceiver(copy: usize): u64 {
  return copy & SHARED ? 0 : changetype<Member>(copy).mac;
}

function memberAt(first: usize, port: u32): usize {
  let at = first;
  while (at != 0 && changetype<Member>(at).port != port) at = changetype<Member>(at).next;
  return at;
}

function isToEach(port: u32): bool {
  return (device(port).portFlags & PORT_TO_UNICAST) != 0;
}
