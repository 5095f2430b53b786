import { Origin, PacketType } from "../abi/netfilter";
import { PROTO_ICMP } from "../abi/protocol";
import { RouteResult, RouteType, SCOPE_LINK } from "../abi/route";
import { attach } from "../conntrack/index";
import { allocate } from "../memory/allocate";
import { load16, store16, store32 } from "../packet/bytes";
import { finish, sumBytes } from "../packet/checksum";
import { hz } from "../packet/clock";
import { config } from "../packet/config";
import { DEVICE_LOOPBACK, device } from "../packet/device";
import { newPacket, Packet, parseTransport } from "../packet/packet";
import { random16 } from "../packet/random";
import { sendLocalOut } from "../packet/send";
import { routeOutput, selectAddress } from "../route/index";
import { FLOW_KEY_SIZE, FlowKey, isUsable, ROUTE_SIZE, Route, setRoute } from "../route/route";
import { echoedLength, echoOptions, sourceRouteStart, writeEchoed } from "./echo";
import { setHeaderChecksum } from "./header";
import { consumeGlobal, findPeer, globalAllows, peerAllows } from "./peer";
import { quote } from "./quote";

export { sendIcmpv6Error } from "./icmp6";

const UNREACHABLE: u32 = 3;
const SOURCE_QUENCH: u32 = 4;
const REDIRECT: u32 = 5;
const TIME_EXCEEDED: u32 = 11;
const PARAMETER_PROBLEM: u32 = 12;
const HIGHEST_TYPE: u32 = 18;
const FRAGMENTATION_NEEDED: u32 = 4;

/** RFC 1812: an error quotes as much as fits into 576 bytes. */
const MAX_LENGTH: u32 = 576;

/** Where nothing better is known, errors come from 192.0.0.8 (RFC 7600). */
const DUMMY_ADDRESS: u64 = 0x080000c0;

const flow = changetype<FlowKey>(allocate(FLOW_KEY_SIZE));
const route = changetype<Route>(allocate(ROUTE_SIZE));

/**
 * Sends an ICMP error about a packet (icmp_send): all conditions of netfilter-hooks.md section 12, built, routed, and sent
 * through OUTPUT and POSTROUTING. `info` is the second word of the header (next-hop MTU).
 */
export function sendIcmpError(about: Packet, type: u32, code: u32, info: u32): void {
  if (!mayAnswer(about, type)) return;
  const limited = isLimited(about, type, code);
  if (limited && !globalAllows()) return;
  if (!echoOptions(about)) return;
  prepareFlow(about, type);
  const result = routeOutput(flow, route);
  if (!isUsable(result)) return;
  if (limited && !allowedByPeer()) return;
  const mtu = min(route.mtu, MAX_LENGTH);
  const headers: u32 = 28 + echoedLength;
  if (mtu <= headers + 20) return;
  const length = min(about.length, mtu - headers);
  if (flow.source0 == 0) flow.source0 = DUMMY_ADDRESS;
  const made = build(about, type, code, info, length);
  if (isErrorType(type)) attach(made, about);
  sendLocalOut(made);
}

/** Everything about the packet that forbids an answer. */
function mayAnswer(about: Packet, type: u32): bool {
  if (!about.routed || about.packetType != PacketType.Host || about.captured < 20) return false;
  if (isToMany(about)) return false;
  if (load16(about.data + 6) & 0x1fff) return false;
  if (!isErrorType(type) || load<u8>(about.data, 9) != PROTO_ICMP) return true;
  const at: u32 = (<u32>load<u8>(about.data) & 15) * 4;
  if (at >= about.length || at >= about.captured) return false;
  const inner: u32 = load<u8>(about.data + at);
  return inner <= HIGHEST_TYPE && !isErrorType(inner);
}

/** RTCF_BROADCAST, RTCF_MULTICAST: not for broadcasts that are forwarded (bc_forwarding). */
function isToMany(about: Packet): bool {
  if (about.routeResult == RouteResult.Broadcast) return true;
  const isType = about.routeType == RouteType.Broadcast || about.routeType == RouteType.Multicast;
  return isType && about.inDevice == 0;
}

function isErrorType(type: u32): bool {
  return (
    type == UNREACHABLE ||
    type == SOURCE_QUENCH ||
    type == REDIRECT ||
    type == TIME_EXCEEDED ||
    type == PARAMETER_PROBLEM
  );
}

/** icmpv4_mask_allow */
function isLimited(about: Packet, type: u32, code: u32): bool {
  if (device(about.inDevice).flags & DEVICE_LOOPBACK) return false;
  if (type > HIGHEST_TYPE || (type == UNREACHABLE && code == FRAGMENTATION_NEEDED)) return false;
  return ((config.icmpRatemask >> type) & 1) != 0;
}

function allowedByPeer(): bool {
  if (!(device(route.device).flags & DEVICE_LOOPBACK)) {
    const ticks = (<u64>config.icmpRatelimit * hz) / 1000;
    if (!peerAllows(findPeer(4, changetype<usize>(flow)), ticks)) return false;
  }
  consumeGlobal();
  return true;
}

function prepareFlow(about: Packet, type: u32): void {
  memory.fill(changetype<usize>(flow), 0, FLOW_KEY_SIZE);
  flow.family = 4;
  flow.protocol = <u8>PROTO_ICMP;
  flow.destination0 = sourceRouteStart != 0 ? sourceRouteStart : load<u32>(about.source);
  flow.mark = config.fwmarkReflect ? about.mark : 0;
  flow.tos = <u8>tosOf(about, type);
  flow.source0 = sourceOf(about);
}

/** Errors about packets to the node come from the address that they were for; others from one that routing chooses. */
function sourceOf(about: Packet): u64 {
  if (about.routeType == RouteType.Local && about.routeResult == RouteResult.Local) return load<u32>(about.destination);
  if (!config.icmpErrorsUseInboundIfaddr || about.origin != Origin.Received) return 0;
  store<u64>(wide, <u64>load<u32>(about.source));
  selectAddress(4, about.inDevice, wide, SCOPE_LINK, chosen);
  return load<u64>(chosen);
}

const wide = memory.data(16, 8);
const chosen = memory.data(16, 8);

function tosOf(about: Packet, type: u32): u32 {
  return isErrorType(type) ? (about.tos & 0x1e) | 0xc0 : about.tos;
}

function build(about: Packet, type: u32, code: u32, info: u32, length: u32): Packet {
  const header = 20 + echoedLength;
  const made = newPacket(header + 8 + length);
  const data = made.data;
  made.family = 4;
  made.origin = <u8>Origin.Kernel;
  made.number = about.number;
  made.mark = flow.mark;
  store<u8>(data, <u8>(0x40 | (header / 4)));
  store<u8>(data, <u8>tosOf(about, type), 1);
  store16(data + 2, made.length);
  store16(data + 4, random16());
  store<u8>(data, <u8>config.ipDefaultTtl, 8);
  store<u8>(data, PROTO_ICMP, 9);
  store<u32>(data, <u32>flow.source0, 12);
  store<u32>(data, <u32>flow.destination0, 16);
  writeEchoed(data, load<u32>(about.source));
  const message = data + header;
  store<u8>(message, <u8>type);
  store<u8>(message, <u8>code, 1);
  store32(message + 4, info);
  quote(message + 8, about, length);
  store16(message + 2, finish(sumBytes(message, 8 + length)));
  setHeaderChecksum(data);
  parseTransport(made);
  setRoute(made, route);
  return made;
}
