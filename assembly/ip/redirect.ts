import { Origin } from "../abi/netfilter";
import { PROTO_ICMPV6 } from "../abi/protocol";
import { allocate } from "../memory/allocate";
import { copyAddress, store16 } from "../packet/bytes";
import { finish, sumBytes, sumPseudoHeader } from "../packet/checksum";
import { hz } from "../packet/clock";
import { DEVICE_RAW, device, InterfaceAddress } from "../packet/device";
import { newPacket, Packet, parseTransport } from "../packet/packet";
import { sendLocalOut } from "../packet/send";
import { isLinkLocal6 } from "../route/address6";
import { findNeighbour, routeOutput } from "../route/index";
import { FLOW_KEY_SIZE, FlowKey, isUsable, ROUTE_SIZE, Route, setRoute } from "../route/route";
import { sendIcmpError } from "./icmp";
import { findPeer, peerAllows, peerAllowsRedirect, redirectSent } from "./peer";
import { quote } from "./quote";

const ICMP_REDIRECT: u32 = 5;
const REDIRECT_HOST: u32 = 1;
const ND_REDIRECT: u32 = 137;
const TARGET_LINK_ADDRESS: u32 = 2;
const REDIRECTED_HEADER: u32 = 4;

const address = allocate(16);
const target = allocate(16);
const flow = changetype<FlowKey>(allocate(FLOW_KEY_SIZE));
const route = changetype<Route>(allocate(ROUTE_SIZE));

/** Tells the sender of a packet that leaves where it came in about the better way (ip_rt_send_redirect). */
export function sendRedirect4(packet: Packet): void {
  if (!device(packet.outDevice).sendRedirects) return;
  copyAddress(address, packet.source, 4);
  const peer = findPeer(4, address);
  if (!peerAllowsRedirect(peer)) return;
  const gateway = packet.viaGateway == 4 ? <u32>packet.nextHop0 : load<u32>(packet.destination);
  sendIcmpError(packet, ICMP_REDIRECT, REDIRECT_HOST, bswap<u32>(gateway));
  redirectSent(peer);
}

/** The IPv6 form, at most one a second for a destination and for a source (ip6_forward, ndisc_send_redirect). */
export function sendRedirect6(packet: Packet): void {
  if (packet.viaGateway) store16Bytes(target, packet.nextHop0, packet.nextHop1);
  else copyAddress(target, packet.destination, 6);
  copyAddress(address, packet.destination, 6);
  if (!peerAllows(findPeer(6, address), hz)) return;
  const source = linkLocalOf(packet.inDevice);
  if (source == 0 || (packet.viaGateway && !isLinkLocal6(target))) return;
  memory.fill(changetype<usize>(flow), 0, FLOW_KEY_SIZE);
  flow.family = 6;
  flow.protocol = <u8>PROTO_ICMPV6;
  flow.outDevice = packet.inDevice;
  copyAddress(changetype<usize>(flow), packet.source, 6);
  copyAddress(changetype<usize>(flow) + offsetof<FlowKey>("source0"), source, 6);
  if (!isUsable(routeOutput(flow, route)) || route.viaGateway) return;
  if (!peerAllows(findPeer(6, changetype<usize>(flow)), hz)) return;
  sendLocalOut(build6(packet));
}

function store16Bytes(to: usize, high: u64, low: u64): void {
  store<u64>(to, high);
  store<u64>(to, low, 8);
}

/** The last link-local address of the device (ipv6_get_lladdr), 0 for none. */
function linkLocalOf(index: u32): usize {
  let found: usize = 0;
  for (let at = device(index).addresses6; at != 0; at = changetype<InterfaceAddress>(at).next) {
    if (isLinkLocal6(at) && !changetype<InterfaceAddress>(at).tentative) found = at;
  }
  return found;
}

/** RFC 4861 section 4.5: target, destination, the target's link address, the packet's beginning. */
function build6(about: Packet): Packet {
  const mac = device(about.outDevice).flags & DEVICE_RAW ? 0 : findNeighbour(about.outDevice, 6, target);
  const linkOption: u32 = mac != 0 ? 8 : 0;
  const header: u32 = 40 + linkOption;
  const room = min<u32>(1280 - 40 - header, about.length + 8) & ~7;
  const length = header + room;
  const made = newPacket(40 + length);
  const data = made.data;
  made.family = 6;
  made.origin = <u8>Origin.Kernel;
  made.number = about.number;
  store<u8>(data, 0x60);
  store16(data + 4, length);
  store<u8>(data, PROTO_ICMPV6, 6);
  store<u8>(data, 255, 7);
  memory.copy(data + 8, changetype<usize>(flow) + offsetof<FlowKey>("source0"), 16);
  memory.copy(data + 24, changetype<usize>(flow), 16);
  const message = data + 40;
  store<u8>(message, ND_REDIRECT);
  memory.copy(message + 8, target, 16);
  copyAddress(message + 24, about.destination, 6);
  if (mac != 0) {
    store<u8>(message, TARGET_LINK_ADDRESS, 40);
    store<u8>(message, 1, 41);
    memory.copy(message + 42, mac, 6);
  }
  store<u8>(message + header, REDIRECTED_HEADER);
  store<u8>(message + header, <u8>(room >> 3), 1);
  quote(message + header + 8, about, room - 8);
  store16(
    message + 2,
    finish(sumBytes(message, length, sumPseudoHeader(data + 8, data + 24, 6, PROTO_ICMPV6, length))),
  );
  parseTransport(made);
  setRoute(made, route);
  return made;
}
