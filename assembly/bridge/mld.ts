import { PROTO_HOPOPTS, PROTO_ICMPV6 } from "../abi/protocol";
import { load16 } from "../packet/bytes";
import { finish, sumBytes, sumPseudoHeader } from "../packet/checksum";
import { hz } from "../packet/clock";
import { Packet, parseTransport } from "../packet/packet";
import { isAny6, isLinkLocal6 } from "../route/address6";
import { askFor, isForAll, join, leave } from "./groups";
import { isRecordType, saysLeave } from "./igmp";
import { Snooped } from "./snooped";
import { hearQuery, markRouter, Snooper } from "./snooper";

const QUERY: u32 = 130;
const REPORT: u32 = 131;
const DONE: u32 = 132;
const REPORT2: u32 = 143;
const ROUTER_ADVERTISEMENT: u32 = 151;
const HEADER: u32 = 24;
const QUERY2: u32 = 28;
const RECORD: u32 = 20;

/** br_multicast_ipv6_rcv, ipv6_mc_check_mld (net/ipv6/mcast_snoop.c). `port`: where it arrived, 0: the node sends it. */
export function readMld(packet: Packet, snooper: Snooper, port: u32, mac: u64): Snooped {
  const ip = packet.data;
  if (packet.captured < 40) return packet.length < 40 ? Snooped.Broken : Snooped.Plain;
  const payload: u32 = load16(ip + 4);
  if (load<u8>(ip) >> 4 != 6 || payload == 0 || packet.length < payload + 40) return Snooped.Broken;
  const other = isForAll(6, packet.destination) ? Snooped.Plain : Snooped.ForMembers;
  if (load<u8>(ip, 6) != PROTO_HOPOPTS) return other;
  if (packet.captured < payload + 40) return Snooped.Message;
  // A frame that passes no IP hooks comes here without having been looked at.
  parseTransport(packet);
  if (packet.brokenChain) return Snooped.Broken;
  if (packet.protocol != PROTO_ICMPV6 || packet.transportOffset > payload + 40) return other;
  const length = payload + 40 - packet.transportOffset;
  const mld = packet.transport;
  const pseudo = sumPseudoHeader(packet.source, packet.destination, 6, PROTO_ICMPV6, length);
  if (length < 8 || finish(sumBytes(mld, length, pseudo)) != 0) return Snooped.Broken;
  const type: u32 = load<u8>(mld);
  const group = mld + 8;
  if (length >= HEADER) {
    switch (type) {
      case REPORT:
        return join(snooper, port, 6, group, mac) ? Snooped.ForRouters : Snooped.Broken;
      case DONE:
        leave(snooper, port, 6, group, mac);
        return Snooped.Message;
      case REPORT2:
        return readReport2(snooper, port, mac, mld, length) ? Snooped.Message : Snooped.Broken;
      case QUERY:
        return readQuery(packet, snooper, port, mld, length) ? Snooped.Message : Snooped.Broken;
    }
  }
  if (type == ROUTER_ADVERTISEMENT && isAllSnoopers(packet.destination)) markRouter(snooper, port, 6);
  return other;
}

/** ff02::6a */
function isAllSnoopers(address: usize): bool {
  return load<u64>(address) == 0x02ff && load<u64>(address, 8) == 0x6a00000000000000;
}

/** br_ip6_multicast_mld2_report, without lists of sources. @returns false: it is cut short, or the bridge is full. */
function readReport2(snooper: Snooper, port: u32, mac: u64, report: usize, length: u32): bool {
  let at: u32 = 8;
  for (let left: u32 = load16(report + 6); left > 0; left--) {
    if (at + 4 > length) return false;
    const record = report + at;
    const sources: u32 = load16(record + 2);
    at += RECORD + sources * 16;
    if (at > length) return false;
    const type: u32 = load<u8>(record);
    if (!isRecordType(type)) continue;
    if (saysLeave(type, sources)) leave(snooper, port, 6, record + 4, mac);
    else if (!join(snooper, port, 6, record + 4, mac)) return false;
  }
  return true;
}

/** br_ip6_multicast_query, ipv6_mc_check_mld_query */
function readQuery(packet: Packet, snooper: Snooper, port: u32, mld: usize, length: u32): bool {
  const group = mld + 8;
  if (!isLinkLocal6(packet.source) || (length != HEADER && length < QUERY2)) return false;
  if (isAny6(group) && !isForAll(6, packet.destination)) return false;
  let delay: u64;
  if (length == HEADER) {
    delay = ticksOf(load16(mld + 4));
    if (delay == 0) return true;
  } else {
    if (load16(mld + 26) != 0) return true;
    delay = max<u64>(ticksOf(responseCode(load16(mld + 4))), 1);
  }
  if (isAny6(group)) hearQuery(snooper, port, 6, packet.source, delay);
  else askFor(snooper, 6, group, delay);
  return true;
}

/** Milliseconds as ticks, rounded up (msecs_to_jiffies). */
function ticksOf(milliseconds: u32): u64 {
  return (<u64>milliseconds * hz + 999) / 1000;
}

/** Milliseconds that a query of the second version gives (mldv2_mrc). */
function responseCode(code: u32): u32 {
  return code < 0x8000 ? code : ((code & 0xfff) | 0x1000) << (((code >> 12) & 7) + 3);
}
