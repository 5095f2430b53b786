import { Verdict } from "../../abi/netfilter";
import { ensureWritable } from "../../ip/fragment-sizes";
import { allocate } from "../../memory/allocate";
import { copyAddress, load16, load32, store16 } from "../../packet/bytes";
import { replaceWord } from "../../packet/checksum";
import { ownBuffer, Packet } from "../../packet/packet";
import { routeOutput } from "../../route/index";
import { FlowKey, isUsable, Route } from "../../route/route";
import { reportMissing } from "../header";
import { replaceTcpLong, replaceTcpWord } from "./tcp-checksum";
import { optionSize } from "./tcpoptstrip";

/** -j TCPMSS (net/netfilter/xt_TCPMSS.c). */
@unmanaged
export class TcpmssAction {
  mss: u32;
  /** `--clamp-mss-to-pmtu`: by the MTUs of the ways on and back. */
  clamp: bool;
}

const TCP_HEADER: u32 = 20;
const LONGEST_HEADER: u32 = 60;
const OPTION_MSS: u8 = 2;
const OPTION_BYTES: u32 = 4;
/** What TCP assumes where nobody says: RFC 1122, and IPv6's least MTU. */
const DEFAULT_MSS_4: u32 = 536;
const DEFAULT_MSS_6: u32 = 1220;

export function runTcpmss(packet: Packet, action: TcpmssAction): Verdict {
  if (packet.fragmentOffset != 0) return Verdict.Continue;
  if (packet.brokenChain || !packet.hasTransport(TCP_HEADER)) return Verdict.Drop;
  ensureWritable(packet, packet.length);
  if (!packet.hasCaptured(TCP_HEADER)) return missing(packet);
  const headerLength = (<u32>load<u8>(packet.transport, 12) >> 4) << 2;
  if (headerLength < TCP_HEADER || !packet.hasTransport(headerLength)) return Verdict.Drop;
  if (!packet.hasCaptured(headerLength)) return missing(packet);
  const mss = action.clamp ? clampedMss(packet) : action.mss;
  if (mss == 0) return Verdict.Drop;
  const option = findOption(packet.transport, headerLength);
  if (option != 0) lower(packet, option, mss);
  else if (packet.transportLength == headerLength && headerLength < LONGEST_HEADER) insert(packet, headerLength, mss);
  return Verdict.Continue;
}

function missing(packet: Packet): Verdict {
  reportMissing(packet);
  return Verdict.Continue;
}

/** By the smaller MTU, 0 when there is no room for a segment. */
function clampedMss(packet: Packet): u32 {
  const headers: u32 = packet.family == 4 ? 40 : 60;
  const smaller = min(packet.routeMtu, mtuBack(packet));
  return smaller <= headers ? 0 : (smaller - headers) & 0xffff;
}

const flow = changetype<FlowKey>(allocate(offsetof<FlowKey>()));
const route = changetype<Route>(allocate(offsetof<Route>()));

/** tcpmss_reverse_mtu(). */
function mtuBack(packet: Packet): u32 {
  memory.fill(changetype<usize>(flow), 0, offsetof<FlowKey>());
  copyAddress(changetype<usize>(flow), packet.source, packet.family);
  flow.family = packet.family;
  return isUsable(routeOutput(flow, route)) ? route.mtu : 0xffffffff;
}

function findOption(header: usize, length: u32): usize {
  for (let i: u32 = TCP_HEADER; i + OPTION_BYTES <= length; i += optionSize(header + i)) {
    if (load<u8>(header + i) == OPTION_MSS && load<u8>(header + i, 1) == <u8>OPTION_BYTES) return header + i;
  }
  return 0;
}

/** Never raises it. The checksum is changed as if the value were aligned, which breaks it where it is not. */
function lower(packet: Packet, option: usize, mss: u32): void {
  const old = load16(option + 2);
  if (old <= mss) return;
  store16(option + 2, mss);
  replaceTcpWord(packet, packet.transport + 16, old, mss, false);
}

/** Puts the option behind the fixed header of a segment without payload. */
function insert(packet: Packet, headerLength: u32, mss: u32): void {
  ownBuffer(packet, OPTION_BYTES);
  const header = packet.transport;
  const limited = min(mss, packet.family == 4 ? DEFAULT_MSS_4 : DEFAULT_MSS_6);
  const option = header + TCP_HEADER;
  memory.copy(option + OPTION_BYTES, option, headerLength - TCP_HEADER);
  packet.length += OPTION_BYTES;
  packet.captured += OPTION_BYTES;
  const check = header + 16;
  replaceTcpWord(packet, check, headerLength, headerLength + OPTION_BYTES, true);
  store<u8>(option, OPTION_MSS);
  store<u8>(option, <u8>OPTION_BYTES, 1);
  store16(option + 2, limited);
  replaceTcpLong(packet, check, 0, load32(option));
  const old = load16(header + 12);
  store16(header + 12, old + 0x1000);
  replaceTcpWord(packet, check, old, old + 0x1000, false);
  growIp(packet);
}

function growIp(packet: Packet): void {
  const at = packet.data + (packet.family == 4 ? 2 : 4);
  const old = load16(at);
  store16(at, old + OPTION_BYTES);
  if (packet.family == 4) replaceWord(packet.data + 10, old, old + OPTION_BYTES);
}
