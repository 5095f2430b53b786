import { Origin } from "../../abi/netfilter";
import { PROTO_TCP } from "../../abi/protocol";
import { RouteResult, RouteType } from "../../abi/route";
import { setClosing } from "../../conntrack/closing";
import { attach } from "../../conntrack/index";
import { transmitBridged } from "../../ip/transmit";
import { allocate } from "../../memory/allocate";
import { copyAddress, load32, store16, store32 } from "../../packet/bytes";
import { finish, fold, sumBytes, sumPseudoHeader } from "../../packet/checksum";
import { config } from "../../packet/config";
import { device } from "../../packet/device";
import { freePacket, newPacket, Packet, parseTransport } from "../../packet/packet";
import { sendLocalOut } from "../../packet/send";
import { reroute, routeOutput } from "../../route/index";
import { FlowKey, isUsable, Route, setRoute } from "../../route/route";
import { isUnicast6 } from "../address6";
import { isChecksumRight } from "../transport-checksum";

const TCP_HEADER: u32 = 20;
const FLAG_FIN: u32 = 1;
const FLAG_SYN: u32 = 2;
const FLAG_RST: u32 = 4;
const FLAG_ACK: u32 = 16;

/** Answers with a reset (nf_send_reset, nf_send_reset6), where the packet is one that may be answered. */
export function sendReset(about: Packet): void {
  if (about.family == 6 && !(isUnicast6(about.source) && isUnicast6(about.destination))) return;
  if (!isResettable(about)) return;
  if (about.family == 4) sendReset4(about);
  else sendReset6(about);
}

/** nf_reject_ip_tcphdr_get(): a whole TCP header with a right checksum, and no reset itself. */
function isResettable(about: Packet): bool {
  if (about.fragmentOffset != 0 || about.brokenChain || about.protocol != PROTO_TCP) return false;
  if (!about.hasTransport(TCP_HEADER) || !about.hasCaptured(TCP_HEADER)) return false;
  if (load<u8>(about.transport, 13) & FLAG_RST) return false;
  return isChecksumRight(about, about.transportOffset, PROTO_TCP);
}

function sendReset4(about: Packet): void {
  if (about.routeResult == RouteResult.Broadcast) return;
  if (about.routeType == RouteType.Broadcast || about.routeType == RouteType.Multicast) return;
  const reset = newReset(about, 20);
  reset.mark = config.fwmarkReflect ? about.mark : 0;
  const header = reset.data;
  store<u8>(header, 0x45);
  store16(header + 2, reset.length);
  store16(header + 6, 0x4000);
  store<u8>(header, <u8>config.ipDefaultTtl, 8);
  store<u8>(header, <u8>PROTO_TCP, 9);
  store<u32>(header, load<u32>(about.destination), 12);
  store<u32>(header, load<u32>(about.source), 16);
  store16(header + 10, finish(sumBytes(header, 20)));
  if (!isUsable(reroute(reset)) || reset.length > reset.routeMtu) return freePacket(reset);
  finishReset(reset, about);
}

const flow = changetype<FlowKey>(allocate(offsetof<FlowKey>()));
const route = changetype<Route>(allocate(offsetof<Route>()));

function sendReset6(about: Packet): void {
  const mark = config.ipv6FwmarkReflect ? about.mark : 0;
  if (!isUsable(routeReset6(about, mark))) return;
  const reset = newReset(about, 40);
  reset.mark = mark;
  setRoute(reset, route);
  const header = reset.data;
  const own = device(route.device).hopLimit;
  store<u8>(header, 0x60);
  store16(header + 4, TCP_HEADER);
  store<u8>(header, <u8>PROTO_TCP, 6);
  store<u8>(header, own != 0 ? own : <u8>config.ipv6HopLimit, 7);
  copyAddress(header + 8, about.destination, 6);
  copyAddress(header + 24, about.source, 6);
  finishReset(reset, about);
}

function routeReset6(about: Packet, mark: u32): u32 {
  memory.fill(changetype<usize>(flow), 0, offsetof<FlowKey>());
  copyAddress(changetype<usize>(flow) + offsetof<FlowKey>("destination0"), about.source, 6);
  copyAddress(changetype<usize>(flow) + offsetof<FlowKey>("source0"), about.destination, 6);
  flow.family = 6;
  flow.protocol = <u8>PROTO_TCP;
  flow.mark = mark;
  flow.sourcePort = bswap<u16>(load<u16>(about.transport, 2));
  flow.destinationPort = bswap<u16>(load<u16>(about.transport));
  return routeOutput(flow, route);
}

function newReset(about: Packet, headerLength: u32): Packet {
  const reset = newPacket(headerLength + TCP_HEADER);
  reset.family = about.family;
  reset.protocol = <u8>PROTO_TCP;
  reset.transportOffset = headerLength;
  reset.origin = <u8>Origin.Kernel;
  reset.number = about.number;
  return reset;
}

/** The TCP header (nf_reject_ip_tcphdr_put, nf_reject_ip6_tcphdr_put), then through the connection's hooks. */
function finishReset(reset: Packet, about: Packet): void {
  const from = about.transport;
  const to = reset.transport;
  store<u16>(to, load<u16>(from, 2));
  store<u16>(to, load<u16>(from), 2);
  store<u8>(to, 0x50, 12);
  const flags: u32 = load<u8>(from, 13);
  if (flags & FLAG_ACK) {
    store<u32>(to, load<u32>(from, 8), 4);
    store<u8>(to, <u8>FLAG_RST, 13);
  } else {
    store32(to + 8, acknowledged(about, from, flags));
    store<u8>(to, <u8>(FLAG_RST | FLAG_ACK), 13);
  }
  const pseudo = sumPseudoHeader(reset.source, reset.destination, reset.family, PROTO_TCP, TCP_HEADER);
  if (reset.family == 4) {
    // Left to the card (CHECKSUM_PARTIAL), so that an error about the reset quotes it unfinished.
    store16(to + 16, fold(pseudo));
    reset.partialChecksum = 1;
  } else store16(to + 16, finish(sumBytes(to, TCP_HEADER, pseudo)));
  parseTransport(reset);
  attach(reset, about);
  if (about.ct != 0) setClosing(about.ct);
  if (about.bridgeIn != 0) sendBack(reset, about);
  else sendLocalOut(reset);
}

/** What came in through a bridge is answered there and then, by the addressee as far as its link address tells. */
function sendBack(reset: Packet, about: Packet): void {
  reset.macLength = 14;
  reset.mac = reset.data - 14;
  memory.copy(reset.mac, about.mac + 6, 6);
  memory.copy(reset.mac + 6, about.mac, 6);
  store<u16>(reset.mac, load<u16>(about.mac, 12), 12);
  transmitBridged(reset, about.bridgeIn);
}

/** Sequence number after everything that the packet carries; SYN and FIN count one each. */
function acknowledged(about: Packet, header: usize, flags: u32): u32 {
  const headerLength = (<u32>load<u8>(header, 12) >> 4) << 2;
  const payload = about.length - about.transportOffset - headerLength;
  return load32(header + 4) + ((flags & FLAG_SYN) >> 1) + (flags & FLAG_FIN) + payload;
}
