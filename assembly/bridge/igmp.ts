import { PROTO_IGMP } from "../abi/protocol";
import { load16, load32 } from "../packet/bytes";
import { finish, sumBytes } from "../packet/checksum";
import { hz } from "../packet/clock";
import { Packet } from "../packet/packet";
import { askFor, isForAll, join, leave } from "./groups";
import { Snooped } from "./snooped";
import { hearQuery, markRouter, Snooper } from "./snooper";

const QUERY: u32 = 0x11;
const REPORT1: u32 = 0x12;
const REPORT2: u32 = 0x16;
const LEAVE: u32 = 0x17;
const REPORT3: u32 = 0x22;
const ROUTER_ADVERTISEMENT: u32 = 0x30;
const HEADER: u32 = 8;
const QUERY3: u32 = 12;
const ALL_HOSTS: u32 = 0xe0000001;
const ALL_PIM_ROUTERS: u32 = 0xe000000d;
const ALL_SNOOPERS: u32 = 0xe000006a;
const PROTO_PIM: u32 = 103;
const PIM_HELLO2: u32 = 0x20;

// What a record of a report asks for (IGMPV3_*, MLD2_*).
const IS_INCLUDE: u32 = 1;
const TO_INCLUDE: u32 = 3;
const LAST_RECORD: u32 = 6;

/** Does a record without sources say that nobody wants the group any more? */
export function saysLeave(type: u32, sources: u32): bool {
  return sources == 0 && (type == TO_INCLUDE || type == IS_INCLUDE);
}

export function isRecordType(type: u32): bool {
  return type >= IS_INCLUDE && type <= LAST_RECORD;
}

/** br_multicast_ipv4_rcv, ip_mc_check_igmp (net/ipv4/igmp.c). `port`: where it arrived, 0: the node sends it. */
export function readIgmp(packet: Packet, snooper: Snooper, port: u32, mac: u64): Snooped {
  const ip = packet.data;
  if (packet.captured < 20) return packet.length < 20 ? Snooped.Broken : Snooped.Plain;
  const header = (<u32>load<u8>(ip) & 15) << 2;
  const total: u32 = load16(ip + 2);
  if (load<u8>(ip) >> 4 != 4 || header < 20 || total < header || packet.length < total) return Snooped.Broken;
  if (packet.captured < header) return Snooped.Plain;
  if (finish(sumBytes(ip, header)) != 0) return Snooped.Broken;
  if (load<u8>(ip, 9) != PROTO_IGMP) return readOther(packet, snooper, port, total - header);
  if (packet.captured < total) return Snooped.Message;
  const length = total - header;
  const igmp = ip + header;
  if (length < HEADER || finish(sumBytes(igmp, length)) != 0) return Snooped.Broken;
  const group = igmp + 4;
  switch (<u32>load<u8>(igmp)) {
    case REPORT1:
    case REPORT2:
      return join(snooper, port, 4, group, mac) ? Snooped.ForRouters : Snooped.Broken;
    case LEAVE:
      leave(snooper, port, 4, group, mac);
      return Snooped.Message;
    case REPORT3:
      return readReport3(snooper, port, mac, igmp, length) ? Snooped.Message : Snooped.Broken;
    case QUERY:
      return readQuery(packet, snooper, port, igmp, length) ? Snooped.Message : Snooped.Broken;
    default:
      return readOther(packet, snooper, port, length);
  }
}

/** What is no message about groups may tell of a router all the same: PIM, and advertisements to those who snoop. */
function readOther(packet: Packet, snooper: Snooper, port: u32, length: u32): Snooped {
  const destination = packet.destination;
  if (!isForAll(4, destination)) return Snooped.ForMembers;
  const protocol: u32 = load<u8>(packet.data, 9);
  const payload = packet.data + ((<usize>load<u8>(packet.data) & 15) << 2);
  if (length == 0 || payload >= packet.data + packet.captured) return Snooped.Plain;
  const first: u32 = load<u8>(payload);
  const to = load32(destination);
  if (to == ALL_PIM_ROUTERS && protocol == PROTO_PIM && length >= 4 && first == PIM_HELLO2)
    markRouter(snooper, port, 4);
  if (to == ALL_SNOOPERS && protocol == PROTO_IGMP && first == ROUTER_ADVERTISEMENT) markRouter(snooper, port, 4);
  return Snooped.Plain;
}

/** br_ip4_multicast_igmp3_report, without lists of sources. @returns false: it is cut short, or the bridge is full. */
function readReport3(snooper: Snooper, port: u32, mac: u64, report: usize, length: u32): bool {
  let at: u32 = 8;
  for (let left: u32 = load16(report + 6); left > 0; left--) {
    if (at + 8 > length) return false;
    const record = report + at;
    const sources: u32 = load16(record + 2);
    at += 8 + sources * 4;
    if (at > length) return false;
    const type: u32 = load<u8>(record);
    if (!isRecordType(type)) continue;
    if (saysLeave(type, sources)) leave(snooper, port, 4, record + 4, mac);
    else if (!join(snooper, port, 4, record + 4, mac)) return false;
  }
  return true;
}

/** br_ip4_multicast_query, ip_mc_check_igmp_query */
function readQuery(packet: Packet, snooper: Snooper, port: u32, igmp: usize, length: u32): bool {
  const group = igmp + 4;
  if (length != HEADER && length < QUERY3) return false;
  if (load32(group) == 0 && load32(packet.destination) != ALL_HOSTS) return false;
  const code: u32 = load<u8>(igmp, 1);
  let delay = <u64>code * (hz / 10);
  let isForOne = load32(group) != 0;
  if (length == HEADER) {
    // The first version has no time to answer in, and asks for all groups.
    if (code == 0) isForOne = false;
    if (code == 0) delay = 10 * hz;
  } else {
    if (load16(igmp + 10) != 0) return true;
    delay = code == 0 ? 1 : <u64>responseCode(code) * (hz / 10);
  }
  if (isForOne) askFor(snooper, 4, group, delay);
  else hearQuery(snooper, port, 4, packet.source, delay);
  return true;
}

/** Tenths of a second that a query of the third version gives (IGMPV3_MRC). */
function responseCode(code: u32): u32 {
  return code < 128 ? code : ((code & 15) | 16) << (((code >> 4) & 7) + 3);
}
