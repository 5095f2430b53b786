import { Reason } from "../abi/fate";
import { ForwardMethod } from "../abi/ipvs";
import { Verdict } from "../abi/netfilter";
import { RouteType } from "../abi/route";
import { StepKind } from "../abi/trace";
import { sendIcmpError, sendIcmpv6Error } from "../ip/icmp";
import { endLesson } from "../iptables/learning";
import { allocate } from "../memory/allocate";
import { copyAddress } from "../packet/bytes";
import { config } from "../packet/config";
import { DEVICE_LOOPBACK, device } from "../packet/device";
import { Packet } from "../packet/packet";
import { addressType } from "../route/index";
import { drop } from "../trace/output";
import { extendPath } from "../trace/path";
import { IpvsConnection } from "./connection";
import { putConnection, startConnection } from "./connections";
import { clientPort, hasPortBytes, IpvsHeader, virtualPort } from "./header";
import { findByHeader } from "./lookup";
import { connectTo, lastRefusal, newPacketConnection, onePacketFlag, Refusal, refuse } from "./new-connection";
import { schedulePersistent } from "./persistence";
import { Eligibility, eligibility, moveState } from "./protocols/index";
import { pickServer } from "./schedulers/index";
import { FTP_DATA_PORT, FTP_PORT, findService, IpvsService } from "./service";
import { transmit } from "./transmit/index";

/** What {@link scheduleNew} found: the connection, or what happens to the packet without one. */
export let scheduledVerdict: Verdict = Verdict.Accept;

/** Packets still to let pass before one is dropped (sysctl drop_packet). */
let dropCounter: i32 = 0;

const DROP_ALWAYS: u32 = 3;

/**
 * A packet without connection (ip_vs_try_to_schedule and the protocols' conn_schedule): finds its service and lets that
 * choose a server.
 *
 * @returns the new connection, or null; then `scheduledVerdict` says what becomes of the packet.
 */
export function scheduleNew(packet: Packet, header: IpvsHeader): IpvsConnection | null {
  scheduledVerdict = Verdict.Accept;
  // Its next packet will not choose a server again.
  endLesson();
  // Of a later fragment nothing is known; the first one made the connection.
  if (header.fragmentOffset != 0) return null;
  const eligible = eligibility(packet, header);
  if (eligible == Eligibility.No) return null;
  if (eligible == Eligibility.Broken) return dropped(packet, Reason.IpvsDrop);
  const service = findService(packet.family, packet.mark, header.protocol, header.virtual, virtualPort(packet, header));
  if (service === null) return null;
  packet.path = extendPath(packet.path, StepKind.IpvsService, service.number);
  if (isToDrop()) return dropped(packet, Reason.IpvsDrop);
  const connection = scheduleFor(service, packet, header);
  if (connection !== null || lastRefusal == Refusal.Ignored) return connection;
  if (lastRefusal == Refusal.Dropped) return dropped(packet, Reason.IpvsDrop);
  scheduledVerdict = leave(service, packet, header);
  return null;
}

function dropped(packet: Packet, reason: Reason): IpvsConnection | null {
  drop(packet, reason);
  scheduledVerdict = Verdict.Drop;
  return null;
}

/** ip_vs_todrop(): every n-th packet, where the node defends itself by drop_packet. */
function isToDrop(): bool {
  if (config.vsDropPacket != DROP_ALWAYS || config.vsAmDroprate == 0) return false;
  dropCounter -= 1;
  if (dropCounter > 0) return false;
  dropCounter = config.vsAmDroprate;
  return true;
}

/** ip_vs_schedule(): a connection for the packet, or null with a {@link Refusal}. */
function scheduleFor(service: IpvsService, packet: Packet, header: IpvsHeader): IpvsConnection | null {
  if (!hasPortBytes(packet, header)) return refuse(Refusal.Ignored);
  // Data connections of active FTP begin at the server.
  if (clientPort(packet, header) == FTP_DATA_PORT) return refuse(Refusal.Ignored);
  if (isFromNode(packet) && isReplyOfLocalServer(packet, header)) return refuse(Refusal.Ignored);
  if (service.isPersistent) return schedulePersistent(service, packet, header);
  const port = virtualPort(packet, header);
  if (service.fwmark == 0 && port != service.port) return refuse(Refusal.NoServer);
  const server = pickServer(service, packet, header);
  if (server === null) return refuse(Refusal.NoServer);
  return connectTo(server, service, packet, header, server.port != 0 ? server.port : port);
}

function isFromNode(packet: Packet): bool {
  return packet.inDevice == 0 || (device(packet.inDevice).flags & DEVICE_LOOPBACK) != 0;
}

function isReplyOfLocalServer(packet: Packet, header: IpvsHeader): bool {
  header.inverse = !header.inverse;
  const connection = findByHeader(packet, header);
  header.inverse = !header.inverse;
  return connection !== null;
}

/** No server can be had (ip_vs_leave): the packet goes around the service, on in the stack, or back as an error. */
function leave(service: IpvsService, packet: Packet, header: IpvsHeader): Verdict {
  if (config.vsCacheBypass && service.fwmark != 0 && !header.icmp && isUnicast(packet, header.destination)) {
    return bypass(service, packet, header);
  }
  if (service.port == FTP_PORT && virtualPort(packet, header) != FTP_PORT) return Verdict.Accept;
  packet.path = extendPath(packet.path, StepKind.IpvsServer, 0);
  if (!header.icmp) {
    if (service.family == 6) sendIcmpv6Error(packet, 1, 4, 0);
    else sendIcmpError(packet, 3, 3, 0);
  }
  drop(packet, Reason.IpvsNoServer);
  return Verdict.Drop;
}

function isUnicast(packet: Packet, address: usize): bool {
  copyAddress(asked, address, packet.family);
  if (packet.family == 6) return load<u8>(asked) != 0xff && (load<u64>(asked) | load<u64>(asked, 8)) != 0;
  return addressType(4, asked, 0) == RouteType.Unicast;
}

const asked = allocate(16);

/** sysctl cache_bypass: a connection without server, to where the packet wanted to go. */
function bypass(service: IpvsService, packet: Packet, header: IpvsHeader): Verdict {
  const flags = <u32>ForwardMethod.Bypass | onePacketFlag(service, header);
  const connection = newPacketConnection(service, packet, header, null, flags);
  startConnection(connection, null);
  moveState(packet, connection, header, false);
  const verdict = transmit(packet, connection, header);
  connection.inPackets += 1;
  putConnection(connection);
  return verdict;
}
