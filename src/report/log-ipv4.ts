import { PROTO_AH, PROTO_ESP, PROTO_ICMP, PROTO_TCP, PROTO_UDP, PROTO_UDPLITE } from "../../assembly/abi/protocol.ts";
import { hex, type LoggedBytes } from "./log-bytes.ts";
import { incomplete, type LogDetail, type LogPart, logTcp, logUdp } from "./log-transport.ts";

const IP_HEADER = 20;
const ICMP_HEADER = 8;
/** Bytes that an ICMP message of each type must have, to be shown whole. */
const ICMP_LENGTHS: Readonly<Record<number, number>> = {
  0: 4,
  3: 28,
  4: 28,
  5: 28,
  8: 4,
  11: 28,
  12: 28,
  13: 20,
  14: 20,
  17: 12,
  18: 12,
};

/** dump_ipv4_packet() up to user and mark, net/netfilter/nf_log_syslog.c. `ends`: those do not follow. */
export function logIpv4(packet: LoggedBytes, at: number, detail: LogDetail): LogPart {
  if (!packet.has(at, IP_HEADER)) return { text: "TRUNCATED", ends: true };
  const tos = packet.u8(at + 1);
  const fragment = packet.u16(at + 6);
  const headerLength = (packet.u8(at) & 15) * 4;
  let text = `SRC=${packet.address4(at + 12)} DST=${packet.address4(at + 16)} LEN=${packet.u16(at + 2) || packet.length} `;
  text += `TOS=0x${hex(tos & 0x1e, 2).toUpperCase()} PREC=0x${hex(tos & 0xe0, 2).toUpperCase()} `;
  text += `TTL=${packet.u8(at + 8)} ID=${packet.u16(at + 4)} `;
  if (fragment & 0x8000) text += "CE ";
  if (fragment & 0x4000) text += "DF ";
  if (fragment & 0x2000) text += "MF ";
  if (fragment & 0x1fff) text += `FRAG:${fragment & 0x1fff} `;
  if (detail.ipOptions && headerLength > IP_HEADER) {
    if (!packet.has(at + IP_HEADER, headerLength - IP_HEADER)) return { text: `${text}TRUNCATED`, ends: true };
    text += `OPT (${packet.upperHex(at + IP_HEADER, headerLength - IP_HEADER)}) `;
  }
  const part = logTransport(packet, at, at + headerLength, (fragment & 0x1fff) !== 0, detail);
  return { text: text + part.text, ends: part.ends };
}

function logTransport(packet: LoggedBytes, ip: number, at: number, isFragment: boolean, detail: LogDetail): LogPart {
  const protocol = packet.u8(ip + 9);
  switch (protocol) {
    case PROTO_TCP:
      return logTcp(packet, at, isFragment, detail);
    case PROTO_UDP:
      return logUdp(packet, at, isFragment, "UDP");
    case PROTO_UDPLITE:
      return logUdp(packet, at, isFragment, "UDPLITE");
    case PROTO_ICMP:
      return { text: `PROTO=ICMP ${isFragment ? "" : logIcmp(packet, ip, at, detail)}` };
    case PROTO_AH:
      // The name too is left out of later fragments.
      return { text: isFragment ? "" : `PROTO=AH ${logSpi(packet, at, 12, 4)}` };
    case PROTO_ESP:
      return { text: `PROTO=ESP ${isFragment ? "" : logSpi(packet, at, 8, 0)}` };
    default:
      return { text: `PROTO=${protocol} ` };
  }
}

function logSpi(packet: LoggedBytes, at: number, size: number, place: number): string {
  return packet.has(at, size) ? `SPI=0x${hex(packet.u32(at + place), 1)} ` : incomplete(packet, at);
}

function logIcmp(packet: LoggedBytes, ip: number, at: number, detail: LogDetail): string {
  if (!packet.has(at, ICMP_HEADER)) return incomplete(packet, at);
  const type = packet.u8(at);
  const code = packet.u8(at + 1);
  const text = `TYPE=${type} CODE=${code} `;
  if (packet.length - at < (ICMP_LENGTHS[type] ?? 0)) return text + incomplete(packet, at);
  switch (type) {
    case 0:
    case 8:
      return `${text}ID=${packet.u16(at + 4)} SEQ=${packet.u16(at + 6)} `;
    case 12:
      return `${text}PARAMETER=${packet.u8(at + 4)} `;
    case 5:
      return `${text}GATEWAY=${packet.address4(at + 4)} ${logInner(packet, ip, at, detail)}`;
    case 3:
      return text + logInner(packet, ip, at, detail) + (code === 4 ? `MTU=${packet.u16(at + 6)} ` : "");
    case 4:
    case 11:
      return text + logInner(packet, ip, at, detail);
    default:
      return text;
  }
}

/** The packet that an error is about, one level deep. */
function logInner(packet: LoggedBytes, ip: number, at: number, detail: LogDetail): string {
  return ip === 0 ? `[${logIpv4(packet, at + ICMP_HEADER, detail).text}] ` : "";
}
