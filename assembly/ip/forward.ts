import { Reason } from "../abi/fate";
import { PacketType } from "../abi/netfilter";
import { RouteResult } from "../abi/route";
import { allocate } from "../memory/allocate";
import { copyAddress, load16 } from "../packet/bytes";
import { config } from "../packet/config";
import { device } from "../packet/device";
import { Packet } from "../packet/packet";
import { isAny6, isLinkLocal6, isLoopback6, isMulticast6 } from "../route/address6";
import { drop } from "../trace/output";
import { decreaseTtl } from "./header";
import { sendIcmpError } from "./icmp";
import { sendIcmpv6Error } from "./icmp6";
import { OPT_STRICT } from "./option-flags";
import { forwardOptions } from "./options";
import { findPeer, peerAllowsError } from "./peer";
import { sendRedirect4, sendRedirect6 } from "./redirect";
import { priorityOf } from "./tos";

const UNREACHABLE: u32 = 3;
const NET_UNREACHABLE: u32 = 0;
const HOST_UNREACHABLE: u32 = 1;
const FRAGMENTATION_NEEDED: u32 = 4;
const SOURCE_ROUTE_FAILED: u32 = 5;
const FILTERED: u32 = 13;
const TIME_EXCEEDED: u32 = 11;

const UNREACHABLE6: u32 = 1;
const NO_ROUTE6: u32 = 0;
const PROHIBITED6: u32 = 1;
const NOT_NEIGHBOUR6: u32 = 2;
const TOO_BIG6: u32 = 2;
const TIME_EXCEEDED6: u32 = 3;

export const IPV6_MIN_MTU: u32 = 1280;

const address = allocate(16);

/**
 * What forwarding does before the FORWARD hook (ip_forward, ip6_forward): TTL and MTU with their ICMP errors, then one
 * less TTL. @returns false when the packet ended here (and was reported); it is not freed.
 */
export function prepareForward(packet: Packet): bool {
  const reason = packet.family == 4 ? prepare4(packet) : prepare6(packet);
  if (reason == Reason.None) return true;
  drop(packet, reason);
  return false;
}

/** After FORWARD: the addresses of the way out go into IPv4 options (ip_forward_finish). */
export function finishForward(packet: Packet): void {
  if (packet.optFlags != 0) forwardOptions(packet);
}

/** ip_forward (net/ipv4/ip_forward.c) */
function prepare4(packet: Packet): Reason {
  if (packet.packetType != PacketType.Host) return Reason.OtherHost;
  if (packet.ttl <= 1) {
    sendIcmpError(packet, TIME_EXCEEDED, 0, 0);
    return Reason.TtlExceeded;
  }
  if (packet.optFlags & OPT_STRICT && packet.viaGateway) {
    sendIcmpError(packet, UNREACHABLE, SOURCE_ROUTE_FAILED, 0);
    return Reason.BadOptions;
  }
  if (isTooBig4(packet)) {
    sendIcmpError(packet, UNREACHABLE, FRAGMENTATION_NEEDED, packet.routeMtu);
    return Reason.TooBig;
  }
  decreaseTtl(packet);
  if (packet.doRedirect && packet.optSourceRoute == 0) sendRedirect4(packet);
  if (config.ipForwardUpdatePriority) packet.priority = priorityOf(packet.tos);
  return Reason.None;
}

/** ip_exceeds_mtu. The segments of an aggregate were small enough for the way here and count as such for the way out. */
function isTooBig4(packet: Packet): bool {
  const mtu = packet.routeMtu;
  if (packet.length <= mtu || !(load16(packet.data + 6) & 0x4000)) return false;
  if (packet.fragMaxSize > mtu) return true;
  return !packet.ignoreDf && !packet.aggregate;
}

/** ip6_forward (net/ipv6/ip6_output.c) */
function prepare6(packet: Packet): Reason {
  if (!config.ipv6Forwarding) return Reason.ForwardingOff;
  if (packet.packetType != PacketType.Host) return Reason.OtherHost;
  if (packet.ttl <= 1) {
    sendIcmpv6Error(packet, TIME_EXCEEDED6, 0, 0);
    return Reason.TtlExceeded;
  }
  if (packet.inDevice == packet.outDevice) {
    sendRedirect6(packet);
  } else {
    const source = packet.source;
    if (isAny6(source) || isMulticast6(source) || isLoopback6(source)) return Reason.BadAddress;
    if (isLinkLocal6(source)) {
      sendIcmpv6Error(packet, UNREACHABLE6, NOT_NEIGHBOUR6, 0);
      return Reason.BadAddress;
    }
  }
  const mtu = max(packet.routeMtu, IPV6_MIN_MTU);
  if (isTooBig6(packet, mtu)) {
    sendIcmpv6Error(packet, TOO_BIG6, 0, mtu);
    return Reason.TooBig;
  }
  decreaseTtl(packet);
  return Reason.None;
}

/** ip6_pkt_too_big */
function isTooBig6(packet: Packet, mtu: u32): bool {
  if (packet.length <= mtu) return false;
  if (packet.fragMaxSize > mtu) return true;
  return !packet.ignoreDf && !packet.aggregate;
}

/** No route, or a forbidding one: the ICMP error that ip_error and ip6_pkt_drop send; reports the drop. */
export function reportUnroutable(packet: Packet): void {
  if (packet.family == 4) reportUnroutable4(packet);
  else sendIcmpv6Error(packet, UNREACHABLE6, packet.routeResult == RouteResult.Prohibited ? PROHIBITED6 : NO_ROUTE6, 0);
  drop(packet, unroutableReason(packet));
}

/** ip_error (net/ipv4/route.c) */
function reportUnroutable4(packet: Packet): void {
  if (!device(packet.inDevice).forwarding4) return;
  copyAddress(address, packet.source, 4);
  if (!peerAllowsError(findPeer(4, address))) return;
  sendIcmpError(packet, UNREACHABLE, unreachableCode(packet.routeResult), 0);
}

function unreachableCode(result: u32): u32 {
  if (result == RouteResult.HostUnreachable) return HOST_UNREACHABLE;
  return result == RouteResult.Prohibited ? FILTERED : NET_UNREACHABLE;
}

function unroutableReason(packet: Packet): Reason {
  if (packet.family == 4 && !device(packet.inDevice).forwarding4) return Reason.ForwardingOff;
  if (packet.routeResult == RouteResult.HostUnreachable) return Reason.HostUnreachable;
  return packet.routeResult == RouteResult.Prohibited ? Reason.Prohibited : Reason.NoRoute;
}
