import { Reason } from "../abi/fate";
import { PacketType, Verdict } from "../abi/netfilter";
import { PROTO_TCP } from "../abi/protocol";
import { RouteResult } from "../abi/route";
import { expireEntries, expireExpectations, relievePressure } from "../conntrack/index";
import { Tracking } from "../conntrack/tracking";
import { dequeue, enqueue } from "../ip/backlog";
import { DefragUser, defragment, expireFragments } from "../ip/defragment";
import { deliver } from "../ip/deliver";
import { finishForward, prepareForward, reportUnroutable } from "../ip/forward";
import { ensureWritable } from "../ip/fragment-sizes";
import { copyOf, isForOwnGroup, turnAround } from "../ip/loop";
import { release, sendAway, transmit } from "../ip/transmit";
import { completeLocal, validate, validateHeader, validateLocal, validateOptions } from "../ip/validate";
import { endLesson, learner, learnMtu } from "../iptables/learning";
import { expireConnections } from "../ipvs/index";
import { allocate } from "../memory/allocate";
import { copyAddress, store16 } from "../packet/bytes";
import { DEVICE_LOOPBACK, device, NO_DEVICE } from "../packet/device";
import { Packet } from "../packet/packet";
import { setLocalOut } from "../packet/send";
import { isAny6 } from "../route/address6";
import { routeInput, routeOutput } from "../route/index";
import { FlowKey, isUsable, Route, setRoute } from "../route/route";
import { stepRoute } from "../trace/steps";
import { ascend, ignore } from "./ascend";
import { end, finish, stop } from "./end";
import { forward, input, output, postRouting, preRouting, resumePreRouting } from "./lists";
import { learn } from "./shortcut";

/** The whole way of a frame that arrived at a device; takes the packet. */
export function receive(packet: Packet): void {
  if (packet.family == 0 || device(packet.inDevice).master != NO_DEVICE) return receiveAbove(packet);
  const reason = validate(packet);
  if (reason != Reason.None) return end(packet, reason);
  continueReceive(packet);
}

/** Devices above the one where it arrived may take the frame, or the tags in it. */
function receiveAbove(packet: Packet): void {
  if (!ascend(packet)) return;
  if (packet.family == 0) return ignore(packet, Reason.NotIp);
  if (packet.packetType == PacketType.Outgoing) return ignore(packet, Reason.OwnFrame);
  if (packet.packetType == PacketType.OtherHost) return ignore(packet, Reason.OtherHost);
  const reason = validateHeader(packet);
  if (reason != Reason.None) return end(packet, reason);
  // The bridge has run PREROUTING already (ip_sabotage_in).
  if (packet.bridgeIn != NO_DEVICE) finishReceive(packet);
  else continueReceive(packet);
}

/** The rest of a way of which the express lane has gone a part: conntrack has seen the packet. */
export function resume(packet: Packet, reference: usize, tracking: Tracking): void {
  const reason = validate(packet);
  if (reason != Reason.None) return end(packet, reason);
  const verdict = resumePreRouting(packet, reference, tracking);
  if (verdict != Verdict.Accept) return stop(packet, verdict);
  finishReceive(packet);
}

/** From PREROUTING on. Packets that lo gives back enter here with their route and conntrack entry kept. */
function continueReceive(packet: Packet): void {
  const verdict = preRouting(packet);
  if (verdict != Verdict.Accept) return stop(packet, verdict);
  finishReceive(packet);
}

/** ip_rcv_finish: routing, and what follows from it. */
function finishReceive(packet: Packet): void {
  if (!packet.routed) {
    lookForSocket(packet);
    stepRoute(packet, routeInput(packet));
  }
  if (isMartian(packet.routeResult)) return dispatch(packet);
  const reason = validateOptions(packet);
  if (reason != Reason.None) return end(packet, reason);
  if (isUnwantedUnicast(packet)) return end(packet, Reason.OtherHost);
  dispatch(packet);
}

/**
 * tcp_v4_early_demux: it finds nothing that matters here, but pulls the TCP header into a datagram's first piece. Extension headers
 * hide the header from it.
 */
function lookForSocket(packet: Packet): void {
  if (packet.fragments == 0 || packet.protocol != PROTO_TCP || packet.packetType != PacketType.Host) return;
  if (packet.family == 4 || packet.transportOffset == 40) ensureWritable(packet, packet.transportOffset + 20);
}

/** Errors of routing itself, which end ip_rcv_finish_core before options are looked at. */
function isMartian(result: RouteResult): bool {
  return (
    result == RouteResult.MartianSource ||
    result == RouteResult.MartianDestination ||
    result == RouteResult.ReversePath ||
    result == RouteResult.NotJoined
  );
}

/** IPv4: a frame to many with a packet to one, where drop_unicast_in_l2_multicast is set (RFC 1122, section 3.3.6). */
function isUnwantedUnicast(packet: Packet): bool {
  if (packet.family != 4) return false;
  if (packet.packetType != PacketType.Broadcast && packet.packetType != PacketType.Multicast) return false;
  if (packet.routeResult == RouteResult.Broadcast) return false;
  return device(packet.inDevice).dropUnicastInL2Multicast != 0;
}

/** ip_rcv_finish: what routing decided. */
function dispatch(packet: Packet): void {
  const result: RouteResult = packet.routeResult;
  switch (result) {
    case RouteResult.Local:
    case RouteResult.Broadcast:
      return deliverLocally(packet);
    case RouteResult.Forward:
      return forwardPacket(packet);
    case RouteResult.MartianSource:
      return end(packet, Reason.MartianSource);
    case RouteResult.MartianDestination:
      return end(packet, Reason.MartianDestination);
    case RouteResult.ReversePath:
      return end(packet, Reason.ReversePath);
    case RouteResult.Invalid:
      return end(packet, Reason.Blackhole);
    case RouteResult.NotJoined:
      return end(packet, Reason.NotJoined);
    default:
      reportUnroutable(packet);
      return finish(packet);
  }
}

/** ip_local_deliver: IPv4 is reassembled before INPUT, whatever conntrack does; IPv6 by its fragment header's handler, after it. */
function deliverLocally(packet: Packet): void {
  if (packet.family == 4 && packet.isFragment) {
    if (defragment(packet, DefragUser.Local) != Verdict.Accept) return;
  }
  const verdict = input(packet);
  if (verdict != Verdict.Accept) return stop(packet, verdict);
  deliver(packet);
}

function forwardPacket(packet: Packet): void {
  if (packet.doRedirect) endLesson();
  learnMtu(packet.routeMtu);
  if (!prepareForward(packet)) return finish(packet);
  const verdict = forward(packet);
  if (verdict != Verdict.Accept) return stop(packet, verdict);
  finishForward(packet);
  sendOut(packet);
}

/**
 * A packet of the capture that the node itself sends: routed, then OUTPUT. It is taken as a raw socket's (raw_sendmsg with
 * IP_HDRINCL), unless it `wasSent`: then a socket of any kind had let it go before it was captured.
 */
export function sendFromNode(packet: Packet, wasSent: bool): void {
  const reason = validateLocal(packet);
  if (reason != Reason.None) return end(packet, reason);
  const result = routeOutput(localFlow(packet), localRoute);
  setRoute(packet, localRoute);
  stepRoute(packet, result);
  if (!isUsable(result)) return end(packet, Reason.SendRefused);
  if (wasSent) {
    // Sockets let datagrams be fragmented; TCP keeps to the path's MTU (ip_sk_ignore_df).
    packet.ignoreDf = packet.protocol == PROTO_TCP ? 0 : 1;
  } else {
    const refused = completeLocal(packet);
    if (refused != Reason.None) return end(packet, refused);
  }
  localOut(packet);
}

/** ip_local_out: OUTPUT, then POSTROUTING. The packet has a route. */
function localOut(packet: Packet): void {
  const verdict = output(packet);
  if (verdict != Verdict.Accept) return stop(packet, verdict);
  sendOut(packet);
}

/** ip_output: POSTROUTING, then the device. A group that the node belongs to gets a copy first (IPv6: after POSTROUTING). */
function sendOut(packet: Packet): void {
  const isOwnGroup = isForOwnGroup(packet);
  if (isOwnGroup && packet.family == 4) sendToSelf(copyOf(packet));
  if (isOwnGroup && packet.family == 4 && packet.ttl == 0) return end(packet, Reason.TtlExceeded);
  const verdict = postRouting(packet);
  if (verdict != Verdict.Accept) return stop(packet, verdict);
  if (device(packet.outDevice).flags & DEVICE_LOOPBACK) return loopBack(packet);
  if (isOwnGroup && packet.family == 6) sendToSelf(copyOf(packet));
  if (isOwnGroup && packet.ttl == 0) return end(packet, Reason.TtlExceeded);
  if (learner != changetype<usize>(packet)) return transmit(packet);
  const isWhole = packet.length <= packet.routeMtu;
  if (sendAway(packet) == Reason.None && isWhole) learn(packet);
  release(packet);
}

/** The copy goes through POSTROUTING too, and comes in at the device where the packet leaves. */
function sendToSelf(copy: Packet): void {
  const verdict = postRouting(copy);
  if (verdict != Verdict.Accept) return stop(copy, verdict);
  turnAround(copy);
  enqueue(copy);
}

/** loopback_xmit: the same packet comes in at lo, with its route, mark and conntrack entry. */
function loopBack(packet: Packet): void {
  packet.loopedBack = 1;
  packet.inDevice = packet.outDevice;
  packet.packetType = <u8>PacketType.Host;
  packet.mac = packet.family == 4 ? loopbackHeader4 : loopbackHeader6;
  packet.macLength = ETHERNET_HEADER;
  enqueue(packet);
}

/** Everything that waits for the current packet to end: second passes over lo. */
export function drainBacklog(): void {
  let packet = dequeue();
  while (packet !== null) {
    const reason = validateHeader(packet);
    if (reason != Reason.None) end(packet, reason);
    else continueReceive(packet);
    packet = dequeue();
  }
}

/** Timers that are due before the next packet, in the order of the subsystems. */
export function runTimers(): void {
  expireFragments();
  expireConnections();
  relievePressure();
  expireExpectations();
  expireEntries();
}

/** lo has link headers like Ethernet, with addresses of zeros. */
const ETHERNET_HEADER: u32 = 14;
const loopbackHeader4 = allocate(ETHERNET_HEADER);
const loopbackHeader6 = allocate(ETHERNET_HEADER);
store16(loopbackHeader4 + 12, 0x0800);
store16(loopbackHeader6 + 12, 0x86dd);

const flow = changetype<FlowKey>(allocate(offsetof<FlowKey>()));
const localRoute = changetype<Route>(allocate(offsetof<Route>()));

/** A raw socket with a header of its own is routed by the destination alone (net/ipv4/raw.c: raw_sendmsg). */
function localFlow(packet: Packet): FlowKey {
  memory.fill(changetype<usize>(flow), 0, offsetof<FlowKey>());
  copyAddress(changetype<usize>(flow), packet.destination, packet.family);
  flow.family = packet.family;
  flow.protocol = 255;
  // To no address means to the node itself (rawv6_sendmsg); routing IPv4 knows that by itself.
  if (packet.family == 6 && isAny6(packet.destination)) store<u8>(changetype<usize>(flow), 1, 15);
  return flow;
}

setLocalOut(localOut);
