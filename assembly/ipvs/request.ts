import { IPS_CONFIRMED } from "../abi/conntrack";
import { Reason } from "../abi/fate";
import { CONN_F_NFCT, CONN_F_ONE_PACKET } from "../abi/ipvs";
import { Hook, PacketType, Verdict } from "../abi/netfilter";
import { ctStatus } from "../conntrack/entry";
import { config } from "../packet/config";
import { Packet } from "../packet/packet";
import { drop } from "../trace/output";
import { IpvsConnection } from "./connection";
import { expireSoon, putConnection } from "./connections";
import { countRequest } from "./count";
import { IpvsHeader, isIcmp, isKnownProtocol, readHeader } from "./header";
import { requestIcmp } from "./icmp-request";
import { findByHeader } from "./lookup";
import { noteHandled } from "./note";
import { isNewConnection, isOver, moveState } from "./protocols/index";
import { scheduledVerdict, scheduleNew } from "./schedule";
import { IpvsServer } from "./server";
import { transmit } from "./transmit/index";

/** A packet that may go to a virtual service (ip_vs_in_hook). */
export function handleRequest(packet: Packet, hook: Hook, header: IpvsHeader): Verdict {
  if (packet.ipvsProperty || !packet.routed) return Verdict.Accept;
  if (packet.packetType != PacketType.Host && hook != Hook.Output) return Verdict.Accept;
  if (config.vsBackupOnly) return Verdict.Accept;
  readHeader(packet, header);
  if (isIcmp(packet, header)) {
    const verdict = requestIcmp(packet, hook, header);
    if (verdict != Verdict.Continue) return verdict;
  }
  if (!isKnownProtocol(header.protocol)) {
    // Such a packet can only come again with a tunnel taken off.
    if (config.vsIgnoreTunneled) packet.ipvsProperty = 1;
    return Verdict.Accept;
  }
  let connection = findByHeader(packet, header);
  if (connection !== null && header.fragmentOffset == 0 && isNewConnection(packet, header)) {
    const step = reuse(packet, connection);
    if (step == Step.Drop) return dropped(packet, Reason.IpvsDrop);
    if (step == Step.Reschedule) connection = null;
  }
  if (connection !== null && !hasServer(connection)) {
    if (!config.vsExpireNodestConn) return dropped(packet, Reason.IpvsServerGone);
    if (!abandon(packet, connection, true)) return dropped(packet, Reason.IpvsServerGone);
    connection = null;
  }
  if (connection === null) {
    connection = scheduleNew(packet, header);
    if (connection === null) return scheduledVerdict;
  }
  return forwardRequest(packet, hook, connection, header);
}

/** What becomes of a packet that asks for a connection where there is one. */
enum Step {
  Keep = 0,
  Reschedule = 1,
  Drop = 2,
}

/** A connection whose server takes no more, or that is over, makes room for a new one. */
function reuse(packet: Packet, connection: IpvsConnection): Step {
  const mode = config.vsConnReuseMode;
  if (config.vsExpireNodestConn && isQuiescent(connection)) {
    return abandon(packet, connection, connection.controlled == 0) ? Step.Reschedule : Step.Drop;
  }
  if (mode == 0 || !isOver(connection, mode)) return Step.Keep;
  if (connection.controlled != 0 && hasOldEntry(packet)) return Step.Keep;
  return abandon(packet, connection, connection.controlled == 0) ? Step.Reschedule : Step.Drop;
}

function isQuiescent(connection: IpvsConnection): bool {
  return connection.server != 0 && changetype<IpvsServer>(connection.server).weight == 0;
}

/**
 * Gives the connection up. Its conntrack entry goes with it if the packet has a new one.
 *
 * @param expires whether its timer is hurried up.
 * @returns false when the packet still hangs on the old entry and must be dropped, too.
 */
function abandon(packet: Packet, connection: IpvsConnection, expires: bool): bool {
  const isOld = hasOldEntry(packet);
  if (!isOld) connection.flags &= ~CONN_F_NFCT;
  if (expires) expireSoon(connection);
  return !isOld;
}

/** ip_vs_conn_uses_old_conntrack(). */
function hasOldEntry(packet: Packet): bool {
  return packet.ct != 0 && (ctStatus(packet.ct) & IPS_CONFIRMED) != 0;
}

function hasServer(connection: IpvsConnection): bool {
  return connection.server == 0 || changetype<IpvsServer>(connection.server).available;
}

function dropped(packet: Packet, reason: Reason): Verdict {
  drop(packet, reason);
  return Verdict.Drop;
}

function forwardRequest(packet: Packet, hook: Hook, connection: IpvsConnection, header: IpvsHeader): Verdict {
  countRequest(packet, connection);
  noteHandled(packet, hook, connection, false);
  moveState(packet, connection, header, false);
  const verdict = transmit(packet, connection, header);
  if (!(connection.flags & CONN_F_ONE_PACKET)) {
    connection.inPackets += 1;
  } else if (connection.control != 0) {
    changetype<IpvsConnection>(connection.control).inPackets += 1;
  }
  putConnection(connection);
  return verdict;
}
