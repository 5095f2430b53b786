import { Origin, PacketType } from "../abi/netfilter";
import { PROTO_ICMPV6 } from "../abi/protocol";
import { RouteType } from "../abi/route";
import { attach } from "../conntrack/index";
import { allocate } from "../memory/allocate";
import { copyAddress, store16, store32 } from "../packet/bytes";
import { finish, sumBytes, sumPseudoHeader } from "../packet/checksum";
import { hz } from "../packet/clock";
import { Config, config } from "../packet/config";
import { DEVICE_LOOPBACK, device, deviceCount } from "../packet/device";
import { newPacket, Packet, parseTransport } from "../packet/packet";
import { random32 } from "../packet/random";
import { sendLocalOut } from "../packet/send";
import { isAny6, isLinkLocal6, isMulticast6, isRouterAnycast, selectAddress6 } from "../route/address6";
import { findOwnAddress } from "../route/addresses";
import { hasPreferredSource, routeOutput } from "../route/index";
import { FLOW_KEY_SIZE, FlowKey, isUsable, ROUTE_SIZE, Route, setRoute } from "../route/route";
import { consumeGlobal, findPeer, globalAllows, peerAllows } from "./peer";
import { quote } from "./quote";

const PACKET_TOO_BIG: u32 = 2;
const PARAMETER_PROBLEM: u32 = 4;
const UNKNOWN_OPTION: u32 = 2;
/** Types from here on inform and report no error. */
const INFORMATIONAL: u32 = 128;

/** IPV6_MIN_MTU less the headers: how much an error quotes at most. */
const MAX_QUOTE: u32 = 1280 - 40 - 8;

const flow = changetype<FlowKey>(allocate(FLOW_KEY_SIZE));
const route = changetype<Route>(allocate(ROUTE_SIZE));

/** Sends an ICMPv6 error about a packet (icmp6_send, net/ipv6/icmp.c). `info` is the second word of the header. */
export function sendIcmpv6Error(about: Packet, type: u32, code: u32, info: u32): void {
  if (about.captured < 40 || !mayAnswer(about, type, code, info)) return;
  const limited = isLimited(about, type);
  if (limited && !globalAllows()) return;
  prepareFlow(about);
  chooseSource(about);
  if (limited && !allowedByPeer()) return;
  if (!isUsable(routeOutput(flow, route)) || route.type == RouteType.Anycast) return;
  const made = build(about, type, code, info, min(about.length, MAX_QUOTE));
  if (type < INFORMATIONAL) attach(made, about);
  sendLocalOut(made);
}

/** RFC 4443 section 2.4 (e). */
function mayAnswer(about: Packet, type: u32, code: u32, info: u32): bool {
  if (isMulticast6(about.destination) || about.packetType != PacketType.Host) {
    const isUnknownOption = type == PARAMETER_PROBLEM && code == UNKNOWN_OPTION;
    if (type != PACKET_TOO_BIG && !(isUnknownOption && wantsAnswer(about, info))) return false;
  }
  if (isAny6(about.source) || isMulticast6(about.source)) return false;
  return !isIcmpError(about);
}

/** Is the unknown option of a kind that is answered even for multicast (opt_unrec)? */
function wantsAnswer(about: Packet, offset: u32): bool {
  return offset >= about.captured || (load<u8>(about.data + offset) & 0xc0) == 0x80;
}

/** is_ineligible */
function isIcmpError(about: Packet): bool {
  parseTransport(about);
  if (about.brokenChain || about.fragmentOffset != 0 || about.protocol != PROTO_ICMPV6) return false;
  if (!about.hasTransport(1) || !about.hasCaptured(1)) return !about.moreFragments;
  return load<u8>(about.transport) < INFORMATIONAL;
}

function isLimited(about: Packet, type: u32): bool {
  if (device(about.inDevice).flags & DEVICE_LOOPBACK) return false;
  const word = load<u64>(changetype<usize>(config) + offsetof<Config>("ipv6IcmpRatemask0") + ((type >> 6) << 3));
  return ((word >> (type & 63)) & 1) != 0;
}

function prepareFlow(about: Packet): void {
  memory.fill(changetype<usize>(flow), 0, FLOW_KEY_SIZE);
  flow.family = 6;
  flow.protocol = <u8>PROTO_ICMPV6;
  copyAddress(changetype<usize>(flow), about.source, 6);
}

/** The address that the packet was for, else one of the device where it came in, unless the route names one. */
function chooseSource(about: Packet): void {
  const destination = about.destination;
  const isMulticast = isMulticast6(destination) || about.packetType != PacketType.Host;
  if (!isMulticast && isOwn(destination)) {
    copyAddress(changetype<usize>(flow) + offsetof<FlowKey>("source0"), destination, 6);
  } else if (about.inDevice != 0 && !hasPreferredSource(flow)) {
    const chosen = selectAddress6(about.inDevice, changetype<usize>(flow));
    if (chosen != 0) copyAddress(changetype<usize>(flow) + offsetof<FlowKey>("source0"), chosen, 6);
  }
  flow.mark = config.ipv6FwmarkReflect ? about.mark : 0;
  flow.outDevice = isLinkLocal6(about.source) ? about.inDevice : 0;
}

function isOwn(address: usize): bool {
  const high = load<u64>(address);
  const low = load<u64>(address, 8);
  if (findOwnAddress(6, high, low) != 0) return true;
  for (let i: u32 = 1; i <= deviceCount; i++) if (isRouterAnycast(i, high, low)) return true;
  return false;
}

/** icmpv6_xrlim_allow: wider prefixes get more. */
function allowedByPeer(): bool {
  if (!isUsable(routeOutput(flow, route))) return false;
  if (!(device(route.device).flags & DEVICE_LOOPBACK)) {
    let ticks = (<u64>config.ipv6IcmpRatelimit * hz) / 1000;
    if (route.prefixLength < 128) ticks >>= (128 - <u64>route.prefixLength) >> 5;
    if (!peerAllows(findPeer(6, changetype<usize>(flow)), ticks)) return false;
  }
  consumeGlobal();
  return true;
}

function build(about: Packet, type: u32, code: u32, info: u32, length: u32): Packet {
  const made = newPacket(48 + length);
  const data = made.data;
  made.family = 6;
  made.origin = <u8>Origin.Kernel;
  made.number = about.number;
  made.mark = flow.mark;
  // Linux hashes the flow with a random key (auto_flowlabels).
  store32(data, 0x60000000 | (random32() & 0xfffff));
  store16(data + 4, 8 + length);
  store<u8>(data, PROTO_ICMPV6, 6);
  store<u8>(data, <u8>hopLimit(), 7);
  memory.copy(data + 8, changetype<usize>(flow) + offsetof<FlowKey>("source0"), 16);
  memory.copy(data + 24, changetype<usize>(flow), 16);
  const message = data + 40;
  store<u8>(message, <u8>type);
  store<u8>(message, <u8>code, 1);
  store32(message + 4, info);
  quote(message + 8, about, length);
  const sum = sumPseudoHeader(data + 8, data + 24, 6, PROTO_ICMPV6, 8 + length);
  store16(message + 2, finish(sumBytes(message, 8 + length, sum)));
  parseTransport(made);
  setRoute(made, route);
  return made;
}

function hopLimit(): u32 {
  const own = device(route.device).hopLimit;
  return own != 0 ? own : config.ipv6HopLimit;
}
