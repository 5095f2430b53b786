import { hex, type LoggedBytes } from "./log-bytes.ts";

/** Which options of LOG a line shows. */
export interface LogDetail {
  readonly tcpSequence: boolean;
  readonly tcpOptions: boolean;
  readonly ipOptions: boolean;
}

/** A part of a line; `ends` when nothing more may follow it. */
export interface LogPart {
  readonly text: string;
  readonly ends?: boolean;
}

const TCP_HEADER = 20;
const FLAGS = ["CWR", "ECE", "URG", "ACK", "PSH", "RST", "SYN", "FIN"];

export function incomplete(packet: LoggedBytes, offset: number): string {
  return `INCOMPLETE [${(packet.length - offset) >>> 0} bytes] `;
}

/** nf_log_dump_tcp_header(), net/netfilter/nf_log_syslog.c. */
export function logTcp(packet: LoggedBytes, at: number, isFragment: boolean, detail: LogDetail): LogPart {
  if (isFragment) return { text: "PROTO=TCP " };
  if (!packet.has(at, TCP_HEADER)) return { text: `PROTO=TCP ${incomplete(packet, at)}`, ends: true };
  let text = `PROTO=TCP SPT=${packet.u16(at)} DPT=${packet.u16(at + 2)} `;
  if (detail.tcpSequence) text += `SEQ=${packet.u32(at + 4)} ACK=${packet.u32(at + 8)} `;
  const flags = packet.u8(at + 13);
  text += `WINDOW=${packet.u16(at + 14)} RES=0x${hex((packet.u8(at + 12) & 0x0f) << 2, 2)} `;
  for (const [i, name] of FLAGS.entries()) if (flags & (0x80 >> i)) text += `${name} `;
  text += `URGP=${packet.u16(at + 18)} `;
  const options = (packet.u8(at + 12) >> 4) * 4 - TCP_HEADER;
  if (!detail.tcpOptions || options <= 0) return { text };
  if (!packet.has(at + TCP_HEADER, options)) return { text: `${text}OPT (TRUNCATED)`, ends: true };
  return { text: `${text}OPT (${packet.upperHex(at + TCP_HEADER, options)}) ` };
}

/** nf_log_dump_udp_header(). */
export function logUdp(packet: LoggedBytes, at: number, isFragment: boolean, name: string): LogPart {
  const text = `PROTO=${name} `;
  if (isFragment) return { text };
  if (!packet.has(at, 8)) return { text: text + incomplete(packet, at), ends: true };
  return { text: `${text}SPT=${packet.u16(at)} DPT=${packet.u16(at + 2)} LEN=${packet.u16(at + 4)} ` };
}
