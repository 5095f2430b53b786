import { Fate, Reason } from "../abi/fate";
import { PacketType, Verdict } from "../abi/netfilter";
import { RouteResult, RouteType } from "../abi/route";
import { EventKind, Unsupported } from "../abi/trace";
import { findPort, learnPort, UNKNOWN_PORT } from "../bridge/fdb";
import { isBroadcast, isGroup, isLinkLocal, linkLocalGroup, mayFlood, mayLeave, PAUSE_GROUP } from "../bridge/ports";
import { Aim, aim, copiesThrough, copyReceiver, isForNode, NO_COPY, nextCopy } from "../bridge/snooping";
import { confirm, detach } from "../conntrack/index";
import { readdress } from "../ip/frame";
import { isEthernet, MAC_MASK, ownMac } from "../ip/link";
import { copyOfFrame } from "../ip/loop";
import { transmitBridged } from "../ip/transmit";
import { validateBridged } from "../ip/validate";
import { allocate } from "../memory/allocate";
import { copyAddress } from "../packet/bytes";
import {
  DEVICE_PROMISCUOUS,
  DEVICE_UP,
  device,
  NO_DEVICE,
  PORT_BLOCKED,
  PORT_LEARNING,
  PORT_LOCKED,
  PORT_NO_LEARNING,
  PORT_NO_LINK_LOCAL_LEARN,
} from "../packet/device";
import { Packet } from "../packet/packet";
import { routeInput } from "../route/index";
import { endWalk, recordEvent } from "../trace/output";
import { stepRoute } from "../trace/steps";
import { end, finish, stop } from "./end";
import { forward, postRouting, preRouting } from "./lists";

/** Frames of one walk are dealt with one after the other, so these may be kept here. */
const daddr = allocate(16);

/** Where a frame is that arrived at a port of a bridge. The packet is the caller's, unless it is gone. */
export enum Handled {
  Gone,
  /** It goes up, and has arrived at the bridge. */
  AtBridge,
  /** The bridge does not care: it stays where it arrived. */
  AtPort,
}

/**
 * A frame that arrived at a port of a bridge, with its packet type (br_handle_frame, net/bridge/br_input.c; br_nf_pre_routing,
 * net/bridge/br_netfilter_hooks.c): PREROUTING where the bridge's packets pass the IP hooks, then to other ports.
 */
export function handleFrame(packet: Packet): Handled {
  const port = packet.inDevice;
  const bridge = device(port).master;
  if (!(device(bridge).flags & DEVICE_UP)) return gone(packet, Reason.DeviceDown);
  // Cooked captures do not say where a frame was going: what was for the node goes up.
  if (!isEthernet(packet.macLength)) {
    packet.inDevice = bridge;
    return Handled.AtBridge;
  }
  const own = ownMac(device(bridge));
  const source = load<u64>(packet.mac, 6) & MAC_MASK;
  if (packet.packetType == PacketType.Outgoing || source == own) {
    ignored(packet, Reason.OwnFrame);
    return Handled.Gone;
  }
  if (isGroup(source) || source == 0) return gone(packet, Reason.BadLinkAddress);
  const destination = destinationOf(packet);
  if (isLinkLocal(destination) && !(device(port).groupForward & (1 << linkLocalGroup(destination)))) {
    return keepAtPort(packet, port, bridge, destination);
  }
  const flags = device(port).portFlags;
  if (flags & PORT_BLOCKED && !(flags & PORT_LEARNING)) return gone(packet, Reason.DeviceDown);
  if (destination == own) packet.packetType = <u8>PacketType.Host;
  if (callsHooks(packet, bridge) && !passPreRouting(packet, port, bridge)) return Handled.Gone;
  return finishFrame(packet, port, bridge) ? Handled.AtBridge : Handled.Gone;
}

/** Other frames than IP's pass no IP hooks, nor do tagged ones (bridge-nf-filter-vlan-tagged). */
function callsHooks(packet: Packet, bridge: u32): bool {
  if (packet.family == 0) return false;
  return (packet.family == 4 ? device(bridge).callIptables : device(bridge).callIp6tables) != 0;
}

/** Frames to 01:80:c2:00:00:0x end at the port (BPDU, LLDP), pause frames at once (__br_handle_local_finish). */
function keepAtPort(packet: Packet, port: u32, bridge: u32, destination: u64): Handled {
  if (linkLocalGroup(destination) == PAUSE_GROUP) return gone(packet, Reason.NoPort);
  const flags = device(port).portFlags;
  const seesFrames = !(flags & PORT_BLOCKED) || (flags & PORT_LEARNING) != 0;
  if (seesFrames && !(flags & PORT_NO_LINK_LOCAL_LEARN)) learn(packet, port, bridge);
  return Handled.AtPort;
}

function learn(packet: Packet, port: u32, bridge: u32): void {
  if (!(device(port).portFlags & PORT_NO_LEARNING)) learnPort(bridge, load<u64>(packet.mac, 6) & MAC_MASK, port);
}

function gone(packet: Packet, reason: Reason): Handled {
  end(packet, reason);
  return Handled.Gone;
}
function destinationOf(packet: Packet): u64 {
  return load<u64>(packet.mac) & MAC_MASK;
}

/** @returns false when the packet is gone. */
function passPreRouting(packet: Packet, port: u32, bridge: u32): bool {
  const reason = validateBridged(packet);
  if (reason != Reason.None) return dropped(packet, reason);
  const isOtherHost = packet.packetType == PacketType.OtherHost;
  if (isOtherHost) packet.packetType = <u8>PacketType.Host;
  packet.bridgeIn = port;
  packet.inDevice = bridge;
  copyAddress(daddr, packet.destination, packet.family);
  const daddr0 = load<u64>(daddr);
  const daddr1 = load<u64>(daddr, 8);
  const verdict = preRouting(packet);
  if (verdict != Verdict.Accept) {
    stop(packet, verdict);
    return false;
  }
  if (isOtherHost) packet.packetType = <u8>PacketType.OtherHost;
  copyAddress(daddr, packet.destination, packet.family);
  if (load<u64>(daddr) == daddr0 && load<u64>(daddr, 8) == daddr1) return true;
  return redirect(packet, bridge);
}

/**
 * DNAT gave the packet another destination (br_nf_pre_routing_finish, br_nf_pre_routing_finish_ipv6): where routing leads
 * back out of the bridge it stays bridged, to the new neighbour; else it goes up to be routed. @returns false: it is gone.
 */
function redirect(packet: Packet, bridge: u32): bool {
  const result = routeInput(packet);
  stepRoute(packet, result);
  if (isRefused(packet.family, result)) return dropped(packet, reasonOf(result));
  if (result == RouteResult.Forward && packet.outDevice == bridge) {
    return readdress(packet) || dropped(packet, Reason.NoNeighbour);
  }
  const mac = device(bridge).mac;
  store<u32>(packet.mac, <u32>mac);
  store<u16>(packet.mac, <u16>(mac >> 32), 4);
  packet.packetType = <u8>PacketType.Host;
  return true;
}

/** Errors of routing itself; IPv4 without a route is told so by the layer above, IPv6 ends here. */
function isRefused(family: u32, result: RouteResult): bool {
  if (result == RouteResult.Local || result == RouteResult.Forward || result == RouteResult.Broadcast) return false;
  return family == 6 || reasonOf(result) != Reason.NoRoute;
}

function reasonOf(result: RouteResult): Reason {
  switch (result) {
    case RouteResult.MartianSource:
      return Reason.MartianSource;
    case RouteResult.MartianDestination:
      return Reason.MartianDestination;
    case RouteResult.ReversePath:
      return Reason.ReversePath;
    case RouteResult.Invalid:
      return Reason.Blackhole;
    case RouteResult.NotJoined:
      return Reason.NotJoined;
    default:
      return Reason.NoRoute;
  }
}

/** br_handle_frame_finish: learns, forwards, floods. @returns true when the frame goes up. */
function finishFrame(packet: Packet, port: u32, bridge: u32): bool {
  const flags = device(port).portFlags;
  if (flags & PORT_LOCKED && findPort(bridge, load<u64>(packet.mac, 6) & MAC_MASK) != port) {
    return dropped(packet, Reason.BadLinkAddress);
  }
  learn(packet, port, bridge);
  const destination = destinationOf(packet);
  const isForMany = isGroup(destination);
  const isForGroup = isForMany && !isBroadcast(destination);
  const aimed = isForGroup ? aim(packet, port, bridge) : Aim.All;
  if (aimed == Aim.Nowhere) return dropped(packet, Reason.BadGroupMessage);
  if (aimed == Aim.Unknown) recordEvent(packet, EventKind.Unsupported, 255, Unsupported.GroupPorts, bridge);
  if (flags & PORT_LEARNING) return dropped(packet, Reason.DeviceDown);
  const isPromiscuous = (device(bridge).flags & DEVICE_PROMISCUOUS) != 0;
  const goesUp = isPromiscuous || (isForGroup ? isForNode : isForMany);
  const known = isForMany ? UNKNOWN_PORT : findPort(bridge, destination);
  if (aimed == Aim.Members) {
    sendToMembers(packet, port, bridge, goesUp);
    if (!goesUp) return false;
  } else if (known == UNKNOWN_PORT) {
    flood(packet, port, bridge, destination, goesUp);
    if (!goesUp) return false;
  } else if (known != NO_DEVICE) {
    const leaves = mayLeave(known, port);
    if (!leaves && !goesUp) return dropped(packet, Reason.NoPort);
    if (leaves) forwardFrame(goesUp ? copyOfFrame(packet) : packet, known, bridge);
    if (!goesUp) return false;
  }
  packet.inDevice = bridge;
  if (!isPromiscuous || known == NO_DEVICE) return confirmEarly(packet);
  // What only came up because everything does is a stranger to conntrack (br_nf_local_in).
  detach(packet);
  return true;
}

/** br_flood: a copy through every port that takes it; the last gets the packet itself unless the node wants it, too. */
function flood(packet: Packet, from: u32, bridge: u32, destination: u64, isKept: bool): void {
  let last = NO_DEVICE;
  for (let port = device(bridge).firstPort; port != NO_DEVICE; port = device(port).nextPort) {
    if (!mayFlood(port, from, destination)) continue;
    if (last != NO_DEVICE) forwardFrame(copyOfFrame(packet), last, bridge);
    last = port;
  }
  sendLast(packet, last, bridge, isKept);
}

function sendLast(packet: Packet, last: u32, bridge: u32, isKept: bool): void {
  if (last != NO_DEVICE) forwardFrame(isKept ? copyOfFrame(packet) : packet, last, bridge);
  else if (!isKept) dropped(packet, Reason.NoPort);
}

/** br_multicast_flood: the same for ports of members and routers only. What hosts get by themselves leaves before. */
function sendToMembers(packet: Packet, from: u32, bridge: u32, isKept: bool): void {
  const source = load<u64>(packet.mac, 6) & MAC_MASK;
  let last = NO_DEVICE;
  for (let port = device(bridge).firstPort; port != NO_DEVICE; port = device(port).nextPort) {
    if (!mayLeave(port, from)) continue;
    for (let copy = copiesThrough(port); copy != NO_COPY; copy = nextCopy(copy)) {
      const receiver = copyReceiver(copy);
      if (receiver == 0) {
        if (last != NO_DEVICE) forwardFrame(copyOfFrame(packet), last, bridge);
        last = port;
      } else if (port != from || receiver != source) {
        forwardFrame(copyFor(packet, receiver), port, bridge);
      }
    }
  }
  sendLast(packet, last, bridge, isKept);
}

function copyFor(packet: Packet, receiver: u64): Packet {
  const copy = copyOfFrame(packet);
  if (isBroadcast(receiver)) return copy;
  store<u32>(copy.mac, <u32>receiver);
  store<u16>(copy.mac, <u16>(receiver >> 32), 4);
  return copy;
}

/** Copies share a new connection's entry, so it is entered into the table at once (br_nf_local_in). */
function confirmEarly(packet: Packet): bool {
  if (packet.bridgeIn == NO_DEVICE || packet.packetType == PacketType.Host || packet.ct == 0) return true;
  const verdict = confirm(packet);
  if (verdict == Verdict.Accept) return true;
  stop(packet, verdict);
  return false;
}

/** __br_forward: FORWARD and POSTROUTING (br_nf_forward_ip, br_nf_post_routing), then the port. Takes the packet. */
function forwardFrame(packet: Packet, port: u32, bridge: u32): void {
  packet.outDevice = bridge;
  if (packet.bridgeIn == NO_DEVICE) return transmitBridged(packet, port);
  if (packet.packetType == PacketType.OtherHost) packet.packetType = <u8>PacketType.Host;
  packet.bridgeOut = port;
  if (!packet.routed) pretendRoute(packet, bridge);
  let verdict = forward(packet);
  if (verdict != Verdict.Accept) return stop(packet, verdict);
  packet.inDevice = NO_DEVICE;
  verdict = postRouting(packet);
  if (verdict != Verdict.Accept) return stop(packet, verdict);
  transmitBridged(packet, port);
}

/** The bridge's own stand-in for a route (br_netfilter_rtable_init, net/bridge/br_nf_core.c). */
function pretendRoute(packet: Packet, bridge: u32): void {
  packet.routed = 1;
  packet.routeResult = <u8>RouteResult.Forward;
  packet.routeType = <u8>RouteType.Unicast;
  packet.viaGateway = 0;
  packet.routeMtu = device(bridge).mtu;
  copyAddress(daddr, packet.destination, packet.family);
  packet.nextHop0 = load<u64>(daddr);
  packet.nextHop1 = load<u64>(daddr, 8);
}

function dropped(packet: Packet, reason: Reason): bool {
  end(packet, reason);
  return false;
}

function ignored(packet: Packet, reason: Reason): void {
  endWalk(packet, Fate.Ignored, reason);
  finish(packet);
}
