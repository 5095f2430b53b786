import { Snooping } from "../abi/bridge";
import { PROTO_ICMPV6, PROTO_IGMP } from "../abi/protocol";
import { load16, load32 } from "../packet/bytes";
import { finish, sumBytes, sumPseudoHeader } from "../packet/checksum";
import { device } from "../packet/device";
import { Packet } from "../packet/packet";
import { isLinkLocal6 } from "../route/address6";

/**
 * What a bridge with mcast_snooping reads of IGMP and MLD (br_multicast_rcv, net/bridge/br_multicast.c). Until somebody asks for
 * members it only drops what is broken; which ports asked for which groups is not emulated.
 */
enum Snooped {
  Fine,
  /** It is dropped. */
  Broken,
  /** Somebody asks for members: from now on groups go to those ports alone that asked for them. */
  Query,
}

const IGMP_QUERY: u32 = 0x11;
const IGMP_REPORT3: u32 = 0x22;
const IGMP_HEADER: u32 = 8;
const IGMP_QUERY3: u32 = 12;
const ALL_HOSTS: u32 = 0xe0000001;

const MLD_QUERY: u32 = 130;
const MLD_REPORT2: u32 = 143;
const MLD_HEADER: u32 = 24;
const MLD_QUERY2: u32 = 28;
const HOP_OPTIONS: u32 = 0;

/** Looks at a frame that is for many, though not for all. */
function snoop(packet: Packet): Snooped {
  return packet.family == 4 ? snoopIgmp(packet) : packet.family == 6 ? snoopMld(packet) : Snooped.Fine;
}

/** Does the bridge send a frame for this group to all ports, whoever asked for it (224.0.0.0/24, ff02::1)? */
function goesToAll(packet: Packet): bool {
  const group = packet.destination;
  if (packet.family == 4) return load32(group) >> 8 == ALL_HOSTS >> 8;
  return packet.family != 6 || isAllNodes(group);
}

/** ip_mc_check_igmp (net/ipv4/igmp.c), br_ip4_multicast_igmp3_report, br_ip4_multicast_query. */
function snoopIgmp(packet: Packet): Snooped {
  const ip = packet.data;
  if (packet.captured < 20) return Snooped.Fine;
  const header = (<u32>load<u8>(ip) & 15) << 2;
  const total: u32 = load16(ip + 2);
  if (load<u8>(ip) >> 4 != 4 || header < 20 || total < header || packet.length < total) return Snooped.Broken;
  if (packet.captured < total) return Snooped.Fine;
  if (finish(sumBytes(ip, header)) != 0) return Snooped.Broken;
  if (load<u8>(ip, 9) != PROTO_IGMP) return Snooped.Fine;
  const length = total - header;
  const igmp = ip + header;
  if (length < IGMP_HEADER || finish(sumBytes(igmp, length)) != 0) return Snooped.Broken;
  const type: u32 = load<u8>(igmp);
  if (type == IGMP_REPORT3) return hasWholeRecords(igmp, length, 8, 4) ? Snooped.Fine : Snooped.Broken;
  if (type != IGMP_QUERY) return Snooped.Fine;
  if (length != IGMP_HEADER && length < IGMP_QUERY3) return Snooped.Broken;
  const group = load32(igmp + 4);
  if (group == 0 && load32(ip + 16) != ALL_HOSTS) return Snooped.Broken;
  // A query of the first version, without a time to answer in, is for all groups.
  const isGeneral = group == 0 || (length == IGMP_HEADER && load<u8>(igmp, 1) == 0);
  const hasSources = length >= IGMP_QUERY3 && load16(igmp + 10) != 0;
  return isGeneral && !hasSources ? Snooped.Query : Snooped.Fine;
}

/** ipv6_mc_check_mld (net/ipv6/mcast_snoop.c), br_ip6_multicast_mld2_report, br_ip6_multicast_query. */
function snoopMld(packet: Packet): Snooped {
  const ip = packet.data;
  if (packet.captured < 40) return Snooped.Fine;
  const payload: u32 = load16(ip + 4);
  if (load<u8>(ip) >> 4 != 6 || packet.length < payload + 40) return Snooped.Broken;
  if (load<u8>(ip, 6) != HOP_OPTIONS || packet.captured < payload + 40) return Snooped.Fine;
  if (packet.brokenChain) return Snooped.Broken;
  if (packet.protocol != PROTO_ICMPV6 || packet.transportOffset > payload + 40) return Snooped.Fine;
  const length = payload + 40 - packet.transportOffset;
  const mld = packet.transport;
  const pseudo = sumPseudoHeader(packet.source, packet.destination, 6, PROTO_ICMPV6, length);
  if (length < 8 || finish(sumBytes(mld, length, pseudo)) != 0) return Snooped.Broken;
  const type: u32 = load<u8>(mld);
  if (type == MLD_REPORT2) return hasWholeRecords(mld, length, 20, 16) ? Snooped.Fine : Snooped.Broken;
  if (type != MLD_QUERY || length < MLD_HEADER) return Snooped.Fine;
  const isOld = length == MLD_HEADER;
  if (!isLinkLocal6(packet.source) || (!isOld && length < MLD_QUERY2)) return Snooped.Broken;
  if ((load<u64>(mld, 8) | load<u64>(mld, 16)) != 0) return Snooped.Fine;
  if (!isAllNodes(packet.destination)) return Snooped.Broken;
  return (isOld ? load16(mld + 4) != 0 : load16(mld + 26) == 0) ? Snooped.Query : Snooped.Fine;
}

/** Are all records of a report there that it counts? Each is a head, whose third and fourth bytes count the sources behind it. */
function hasWholeRecords(report: usize, length: u32, head: u32, source: u32): bool {
  let at: u32 = 8;
  for (let left: u32 = load16(report + 6); left > 0; left--) {
    if (at + head > length) return false;
    at += head + <u32>load16(report + at + 2) * source;
    if (at > length) return false;
  }
  return true;
}

function isAllNodes(address: usize): bool {
  return load<u64>(address) == 0x02ff && load<u64>(address, 8) == 0x0100000000000000;
}

/** A bridge reads a frame for many. @returns false: it is broken, and dropped. */
export function passSnooping(packet: Packet, bridge: u32): bool {
  const at = device(bridge);
  if (at.snooping == Snooping.Off) return true;
  const found = snoop(packet);
  if (found == Snooped.Query) at.snooping = <u8>Snooping.Active;
  return found != Snooped.Broken;
}

/** Is it unknown which ports a frame for many leaves through? */
export function isGuarded(packet: Packet, bridge: u32): bool {
  return device(bridge).snooping == Snooping.Active && !goesToAll(packet);
}
