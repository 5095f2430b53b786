import {
  PROTO_AH,
  PROTO_DSTOPTS,
  PROTO_ESP,
  PROTO_FRAGMENT,
  PROTO_HOPOPTS,
  PROTO_ICMPV6,
  PROTO_ROUTING,
  PROTO_TCP,
  PROTO_UDP,
  PROTO_UDPLITE,
} from "../../assembly/abi/protocol.ts";
import { hex, type LoggedBytes } from "./log-bytes.ts";
import { incomplete, type LogDetail, type LogPart, logTcp, logUdp } from "./log-transport.ts";

const IPV6_HEADER = 40;
const ICMPV6_HEADER = 8;
const EXTENSIONS = [PROTO_HOPOPTS, PROTO_ROUTING, PROTO_FRAGMENT, PROTO_ESP, PROTO_AH, PROTO_DSTOPTS];

/** Where the walk over the extension headers has come to. */
interface Walk {
  text: string;
  at: number;
  header: number;
  isFragment: boolean;
}

/** dump_ipv6_packet() up to user and mark, net/netfilter/nf_log_syslog.c. `ends`: those do not follow. */
export function logIpv6(packet: LoggedBytes, at: number, detail: LogDetail): LogPart {
  if (!packet.has(at, IPV6_HEADER)) return { text: "TRUNCATED", ends: true };
  const word = packet.u32(at);
  const walk: Walk = { text: "", at: at + IPV6_HEADER, header: packet.u8(at + 6), isFragment: false };
  walk.text = `SRC=${packet.address6(at + 8)} DST=${packet.address6(at + 24)} LEN=${packet.u16(at + 4) + IPV6_HEADER} `;
  walk.text += `TC=${(word >>> 20) & 0xff} HOPLIMIT=${packet.u8(at + 7)} FLOWLBL=${word & 0xfffff} `;
  while (EXTENSIONS.includes(walk.header)) {
    if (!packet.has(walk.at, 2)) return { text: `${walk.text}TRUNCATED`, ends: true };
    if (detail.ipOptions) walk.text += "OPT ( ";
    if (!stepOver(packet, walk, detail)) return { text: walk.text, ends: true };
    if (detail.ipOptions) walk.text += ") ";
  }
  const part = logTransport(packet, walk, at, detail);
  return { text: walk.text + part.text, ends: part.ends };
}

/** @returns false when the line ends at this header. */
function stepOver(packet: LoggedBytes, walk: Walk, detail: LogDetail): boolean {
  const { header, at } = walk;
  const next = packet.u8(at);
  let size = (packet.u8(at + 1) + 1) * 8;
  if (header === PROTO_FRAGMENT) {
    if (!logFragment(packet, walk)) return false;
    size = 8;
  } else if (header === PROTO_AH) {
    if (detail.ipOptions && !logSecurity(packet, walk, "AH", 12, 4)) return false;
    size = (packet.u8(at + 1) + 2) * 4;
  } else if (header === PROTO_ESP) {
    if (detail.ipOptions && logSecurity(packet, walk, "ESP", 8, 0)) walk.text += ")";
    return false;
  } else if (walk.isFragment) {
    if (detail.ipOptions) walk.text += ")";
    return false;
  }
  walk.header = next;
  walk.at = at + size;
  return true;
}

function logFragment(packet: LoggedBytes, walk: Walk): boolean {
  const { at } = walk;
  walk.text += "FRAG:";
  if (!packet.has(at, 8)) {
    walk.text += "TRUNCATED ";
    return false;
  }
  const field = packet.u16(at + 2);
  walk.text += `${field & 0xfff8} `;
  if (field & 1) walk.text += "INCOMPLETE ";
  walk.text += `ID:${hex(packet.u32(at + 4), 8)} `;
  if (field & 0xfff8) walk.isFragment = true;
  return true;
}

function logSecurity(packet: LoggedBytes, walk: Walk, name: string, size: number, place: number): boolean {
  walk.text += `${name} `;
  if (walk.isFragment) {
    walk.text += ")";
    return false;
  }
  if (!packet.has(walk.at, size)) {
    walk.text += `${incomplete(packet, walk.at)})`;
    return false;
  }
  walk.text += `SPI=0x${hex(packet.u32(walk.at + place), 1)} `;
  return true;
}

function logTransport(packet: LoggedBytes, walk: Walk, ip: number, detail: LogDetail): LogPart {
  const { header, at, isFragment } = walk;
  switch (header) {
    case PROTO_TCP:
      return logTcp(packet, at, isFragment, detail);
    case PROTO_UDP:
      return logUdp(packet, at, isFragment, "UDP");
    case PROTO_UDPLITE:
      return logUdp(packet, at, isFragment, "UDPLITE");
    case PROTO_ICMPV6:
      return isFragment ? { text: "PROTO=ICMPv6 " } : logIcmpv6(packet, ip, at, detail);
    default:
      return { text: `PROTO=${header} ` };
  }
}

function logIcmpv6(packet: LoggedBytes, ip: number, at: number, detail: LogDetail): LogPart {
  if (!packet.has(at, ICMPV6_HEADER)) return { text: `PROTO=ICMPv6 ${incomplete(packet, at)}`, ends: true };
  const type = packet.u8(at);
  let text = `PROTO=ICMPv6 TYPE=${type} CODE=${packet.u8(at + 1)} `;
  if (type === 128 || type === 129) text += `ID=${packet.u16(at + 4)} SEQ=${packet.u16(at + 6)} `;
  if (type === 4) text += `POINTER=${hex(packet.u32(at + 4), 8)} `;
  if (type >= 1 && type <= 4 && ip === 0) text += `[${logIpv6(packet, at + ICMPV6_HEADER, detail).text}] `;
  if (type === 2) text += `MTU=${packet.u32(at + 4)} `;
  return { text };
}
