import { Fate, Reason } from "../abi/fate";
import { completeBehindTags, isTagged, TAG_SIZE } from "../bridge/tags";
import { detach } from "../conntrack/index";
import { copyBytes } from "../memory/copy";
import { load16 } from "../packet/bytes";
import { DEVICE_LOOPBACK, DEVICE_SINK, DEVICE_UP, device } from "../packet/device";
import { freePacket, Packet } from "../packet/packet";
import { isMulticast6, multicastScope } from "../route/address6";
import { drop, endWalk } from "../trace/output";
import { completeChecksum } from "./checksum-help";
import { fragment4, fragment6 } from "./fragment";
import { releaseSizes } from "./fragment-sizes";
import { beginFrame, endFrame, isNeighbourMissing, isOwnNextHop, prepareBridgedFrame, prepareFrame } from "./frame";

/**
 * After POSTROUTING: fragments where needed (ip_finish_output, ip_do_fragment) and hands every piece to its device.
 * Reports the end of the walk. Takes the packet.
 */
export function transmit(packet: Packet): void {
  sendAway(packet);
  release(packet);
}

/** The same, but the packet stays the caller's. @returns why it was dropped, or `None`. */
export function sendAway(packet: Packet): Reason {
  const reason = finishOutput(packet);
  if (reason == Reason.None) endWalk(packet, Fate.Sent, Reason.None);
  else drop(packet, reason);
  return reason;
}

export function release(packet: Packet): void {
  releaseSizes(packet);
  detach(packet);
  freePacket(packet);
}

function finishOutput(packet: Packet): Reason {
  const output = device(packet.outDevice);
  if (!(output.flags & DEVICE_UP)) return Reason.DeviceDown;
  if (packet.family == 6 && !mayLeave6(packet)) return Reason.Ipv6Disabled;
  prepareFrame(packet);
  if (packet.family == 4) {
    if ((packet.length > packet.routeMtu && !packet.aggregate) || packet.fragMaxSize != 0) return fragment4(packet);
  } else if (needsFragments6(packet)) {
    return fragment6(packet);
  }
  return sendWhole(packet);
}

function sendWhole(packet: Packet): Reason {
  if (isNeighbourMissing && isOwnNextHop(packet)) return Reason.NoNeighbour;
  if (packet.partialChecksum) completeChecksum(packet);
  const at = beginFrame(packet, packet.length, packet.captured);
  if (at == 0) return device(packet.outDevice).flags & DEVICE_SINK ? Reason.None : Reason.NoPort;
  copyBytes(at, packet.data, packet.captured);
  endFrame(packet, packet.length, packet.captured);
  return Reason.None;
}

/**
 * Sends a bridged packet through a port of the bridge, in the frame that it came in (br_nf_dev_queue_xmit,
 * br_dev_queue_push_xmit). Only what passed the IP hooks is fragmented. Takes the packet.
 */
export function transmitBridged(packet: Packet, port: u32): void {
  const reason = finishBridged(packet, port);
  packet.outDevice = port;
  if (reason == Reason.None) endWalk(packet, Fate.Sent, Reason.None);
  else drop(packet, reason);
  release(packet);
}

/** A VLAN tag may make a frame longer than the MTU (is_skb_forwardable); the tag that a frame came with is not counted. */
const VLAN_HEADER: u32 = 4;
const DONT_FRAGMENT: u32 = 0x4000;

function finishBridged(packet: Packet, port: u32): Reason {
  const mtu = device(port).mtu;
  if (packet.partialChecksum) {
    if (isTagged(packet)) completeBehindTags(packet);
    else completeChecksum(packet);
  }
  prepareBridgedFrame(packet, port);
  if (packet.bridgeIn == 0 || packet.aggregate) {
    const tag = isTagged(packet) ? TAG_SIZE : 0;
    return packet.aggregate || packet.length <= mtu + VLAN_HEADER + tag ? sendWhole(packet) : Reason.TooBig;
  }
  if (packet.length <= (packet.fragMaxSize == 0 ? mtu : min(mtu, packet.fragMaxSize))) return sendWhole(packet);
  if (packet.family == 6) return fragment6(packet);
  const forbidden = (load16(packet.data + 6) & DONT_FRAGMENT) != 0 && !packet.ignoreDf;
  return forbidden || packet.fragMaxSize > packet.routeMtu ? Reason.TooBig : fragment4(packet);
}

/** __ip6_finish_output */
function needsFragments6(packet: Packet): bool {
  if (packet.length > packet.routeMtu && !packet.aggregate) return true;
  return packet.fragMaxSize != 0 && packet.length > packet.fragMaxSize;
}

/** Multicast of node or interface scope stays in the node (ip6_finish_output2). */
function mayLeave6(packet: Packet): bool {
  const output = device(packet.outDevice);
  if (output.disableIpv6) return false;
  const isNarrow = isMulticast6(packet.destination) && multicastScope(packet.destination) <= 1;
  return !isNarrow || (output.flags & DEVICE_LOOPBACK) != 0;
}
