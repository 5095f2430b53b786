import { PacketType } from "../abi/netfilter";
import { RouteResult, RouteType } from "../abi/route";
import { share } from "../conntrack/index";
import { DEVICE_LOOPBACK, device } from "../packet/device";
import { newPacket, Packet, parseTransport } from "../packet/packet";
import { isJoined6 } from "../route/address6";
import { isJoined4 } from "../route/addresses";

/**
 * Does the node itself belong to the group that a packet of its own is sent to? Then it gets a copy back (ip_mc_output,
 * ip6_finish_output2).
 */
export function isForOwnGroup(packet: Packet): bool {
  if (packet.routeType != RouteType.Multicast || packet.inDevice != 0) return false;
  if (device(packet.outDevice).flags & DEVICE_LOOPBACK) return false;
  return packet.family == 4
    ? isJoined4(packet.outDevice, load<u32>(packet.destination))
    : isJoined6(packet.outDevice, packet.destination);
}

/** A copy of a packet with everything that the kernel's skb_clone shares. */
export function copyOf(packet: Packet): Packet {
  const copy = newPacket(packet.length);
  memory.copy(copy.data, packet.data, packet.captured);
  copy.captured = packet.captured;
  copy.family = packet.family;
  copy.origin = packet.origin;
  copy.number = packet.number;
  copy.mark = packet.mark;
  copy.priority = packet.priority;
  copy.routed = 1;
  copy.routeResult = packet.routeResult;
  copy.routeType = packet.routeType;
  copy.routeMtu = packet.routeMtu;
  copy.outDevice = packet.outDevice;
  copy.nextHop0 = packet.nextHop0;
  copy.nextHop1 = packet.nextHop1;
  copy.path = packet.path;
  parseTransport(copy);
  share(copy, packet);
  return copy;
}

/** The same for a frame that a bridge has not passed on yet: with its link header and where it came in. */
export function copyOfFrame(packet: Packet): Packet {
  const copy = copyOf(packet);
  copy.routed = packet.routed;
  copy.inDevice = packet.inDevice;
  copy.packetType = packet.packetType;
  copy.bridgeIn = packet.bridgeIn;
  copy.fragMaxSize = packet.fragMaxSize;
  copy.fragDf = packet.fragDf;
  copy.ignoreDf = packet.ignoreDf;
  copy.aggregate = packet.aggregate;
  copy.partialChecksum = packet.partialChecksum;
  copy.macLength = packet.macLength;
  copy.mac = copy.data - packet.macLength;
  memory.copy(copy.mac, packet.mac, packet.macLength);
  return copy;
}

/** The copy comes in where the packet leaves, with its route to the node itself (ip_mc_finish_output, dev_loopback_xmit). */
export function turnAround(copy: Packet): void {
  copy.loopedBack = 1;
  copy.inDevice = copy.outDevice;
  copy.packetType = <u8>PacketType.Loopback;
  copy.routeResult = <u8>RouteResult.Broadcast;
}
