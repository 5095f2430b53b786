import { PacketType } from "../abi/netfilter";
import { completeChecksum } from "../ip/checksum-help";
import { MAC_MASK, ownMac } from "../ip/link";
import { load16 } from "../packet/bytes";
import { device, deviceCount, NO_DEVICE } from "../packet/device";
import { Packet, parseTransport } from "../packet/packet";

const ETHERTYPE_IPV4: u32 = 0x0800;
const ETHERTYPE_IPV6: u32 = 0x86dd;
const ETHERTYPE_8021Q: u32 = 0x8100;
const ETHERTYPE_8021AD: u32 = 0x88a8;
const TYPE: u32 = 12;
export const TAG_SIZE: u32 = 4;
const VLAN_ID: u32 = 0xfff;
const IPV4_HEADER: u32 = 20;
const IPV6_HEADER: u32 = 40;

/** Does a VLAN tag follow the addresses of a frame (one that is not IP as it stands)? */
export function isTagged(packet: Packet): bool {
  if (packet.family != 0) return false;
  return isTag(load16(packet.mac + TYPE)) && packet.captured >= TAG_SIZE;
}

function isTag(type: u32): bool {
  return type == ETHERTYPE_8021Q || type == ETHERTYPE_8021AD;
}

function familyOf(type: u32): u8 {
  return type == ETHERTYPE_IPV4 ? 4 : type == ETHERTYPE_IPV6 ? 6 : 0;
}

export function vlanIdOf(packet: Packet): u32 {
  return load16(packet.data) & VLAN_ID;
}

/**
 * Takes the outer tag off a frame where there is a VLAN device for it above the device where it is (vlan_do_receive,
 * net/8021q/vlan_core.c), which may have an address of its own. @returns whether it has arrived there.
 */
export function enterVlan(packet: Packet): bool {
  if (!isTagged(packet)) return false;
  const above = vlanAbove(packet.inDevice, (load16(packet.mac + TYPE) << 16) | vlanIdOf(packet));
  if (above == NO_DEVICE) return false;
  removeTag(packet);
  packet.inDevice = above;
  if (packet.packetType == PacketType.OtherHost && (load<u64>(packet.mac) & MAC_MASK) == ownMac(device(above))) {
    packet.packetType = <u8>PacketType.Host;
  }
  return true;
}

function vlanAbove(below: u32, tag: u32): u32 {
  for (let i: u32 = 1; i <= deviceCount; i++) {
    if (device(i).vlanTag == tag && device(i).below == below) return i;
  }
  return NO_DEVICE;
}

/** The addresses move over the tag (skb_reorder_vlan_header); what is behind it may be IP. */
export function removeTag(packet: Packet): void {
  memory.copy(packet.mac + TAG_SIZE, packet.mac, TYPE);
  packet.mac += TAG_SIZE;
  moveStart(packet, TAG_SIZE);
  packet.family = familyOf(load16(packet.mac + TYPE));
}

/** Lets a tagged frame that is going by be read as what is behind its tag, until {@link leaveTag}. @returns is that IP? */
export function enterTag(packet: Packet): bool {
  const family = familyOf(load16(packet.data + TAG_SIZE - 2));
  if (family == 0 || packet.captured < TAG_SIZE + (family == 4 ? IPV4_HEADER : IPV6_HEADER)) return false;
  packet.family = family;
  moveStart(packet, TAG_SIZE);
  parseTransport(packet);
  return true;
}

export function leaveTag(packet: Packet): void {
  moveStart(packet, -TAG_SIZE);
  packet.family = 0;
}

/** Completes the transport checksum of a packet that leaves with its tags before it, as a card would (skb_checksum_help). */
export function completeBehindTags(packet: Packet): void {
  let tags: u32 = 0;
  let type = load16(packet.mac + TYPE);
  while (isTag(type) && tags + TAG_SIZE <= packet.captured) {
    tags += TAG_SIZE;
    type = load16(packet.data + tags - 2);
  }
  packet.family = familyOf(type);
  moveStart(packet, tags);
  completeChecksum(packet);
  moveStart(packet, -tags);
  packet.family = 0;
}

function moveStart(packet: Packet, by: i32): void {
  packet.data += by;
  packet.length -= by;
  packet.captured -= by;
}
