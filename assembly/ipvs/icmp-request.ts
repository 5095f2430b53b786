import { Reason } from "../abi/fate";
import { ForwardMethod } from "../abi/ipvs";
import { Hook, Verdict } from "../abi/netfilter";
import { config } from "../packet/config";
import { Packet } from "../packet/packet";
import { drop } from "../trace/output";
import { IpvsConnection } from "./connection";
import { putConnection } from "./connections";
import { countRequest } from "./count";
import { giveHeader, hasPorts, IpvsHeader, isKnownProtocol, readHeader, readQuoted, takeHeader } from "./header";
import { ICMP_HEADER, IcmpKind, icmpKind, isChecksumGood, isQuotedIpv4, translateIcmp } from "./icmp";
import { reportTunnelError, TunnelQuote, tunnelQuote } from "./icmp-tunnel";
import { findByHeader } from "./lookup";
import { noteHandled } from "./note";
import { gather } from "./reply-route";
import { scheduledVerdict, scheduleNew } from "./schedule";
import { isStrayToLoopback, transmit } from "./transmit/index";
import { MODE_LOCAL, MODE_REDIRECT, MODE_REMOTE, routeToServer, Way } from "./transmit/route";
import { sendTranslated, serverOf } from "./transmit/send";

/**
 * An ICMP error about a packet that a service sent (ip_vs_in_icmp, ip_vs_in_icmp_v6): it goes to the server.
 *
 * @returns Continue when the message is no error.
 */
export function requestIcmp(packet: Packet, hook: Hook, header: IpvsHeader): Verdict {
  if (packet.family == 4 && packet.isFragment) {
    if (!gather(packet, hook)) return Verdict.Stolen;
    readHeader(packet, header);
  }
  const kind = icmpKind(packet, header);
  if (kind == IcmpKind.Other) return Verdict.Continue;
  if (kind == IcmpKind.Broken || header.hasFragmentHeader) return dropped(packet);
  const quoted = takeHeader();
  const verdict = forwardQuoted(packet, hook, header, quoted);
  giveHeader();
  return verdict;
}

function forwardQuoted(packet: Packet, hook: Hook, header: IpvsHeader, quoted: IpvsHeader): Verdict {
  let offset = header.transport + ICMP_HEADER;
  let isTunnel = false;
  if (packet.family == 4) {
    if (!isQuotedIpv4(packet, offset)) return Verdict.Accept;
    const quote = tunnelQuote(packet, offset);
    if (quote == TunnelQuote.Foreign) return Verdict.Accept;
    if (quote != TunnelQuote.None) {
      offset += quote;
      isTunnel = true;
    }
    if (!isQuotedIpv4(packet, offset)) return Verdict.Accept;
  }
  // Of a tunnel it is the request itself that is quoted, not an answer.
  if (!readQuoted(packet, offset, !isTunnel, quoted) || !isKnownProtocol(quoted.protocol)) return Verdict.Accept;
  if (quoted.fragmentOffset != 0 && hasPorts(quoted.protocol)) return Verdict.Accept;
  let connection = findByHeader(packet, quoted);
  const isNew = connection === null;
  if (connection === null) {
    if (isTunnel || !config.vsScheduleIcmp) return Verdict.Accept;
    connection = scheduleNew(packet, quoted);
    if (connection === null) return scheduledVerdict;
  }
  const verdict = forwardError(packet, hook, connection, header, quoted, isTunnel);
  if (isNew) putConnection(connection);
  return verdict;
}

function forwardError(
  packet: Packet,
  hook: Hook,
  connection: IpvsConnection,
  header: IpvsHeader,
  quoted: IpvsHeader,
  isTunnel: bool,
): Verdict {
  if (packet.family == 6) {
    if (hook == Hook.Output && connection.method != ForwardMethod.Masq) return Verdict.Accept;
  } else if (!isChecksumGood(packet, header)) {
    return dropped(packet);
  }
  if (isTunnel) {
    reportTunnelError(packet, connection, header, quoted);
    return dropped(packet);
  }
  countRequest(packet, connection);
  noteHandled(packet, hook, connection, false);
  return transmitIcmp(packet, hook, connection, header, quoted);
}

/** ip_vs_icmp_xmit(): errors to a server that is not masqueraded go unchanged. */
function transmitIcmp(
  packet: Packet,
  hook: Hook,
  connection: IpvsConnection,
  header: IpvsHeader,
  quoted: IpvsHeader,
): Verdict {
  if (connection.method != ForwardMethod.Masq) {
    const verdict = transmit(packet, connection, quoted);
    connection.inPackets += 1;
    return verdict;
  }
  // From FORWARD there is no way to the node itself.
  const mode = hook == Hook.Forward ? MODE_REMOTE : MODE_LOCAL | MODE_REMOTE | MODE_REDIRECT;
  const way = routeToServer(packet, serverOf(connection), quoted, mode);
  if (way == Way.None) return Verdict.Drop;
  if (isStrayToLoopback(packet, connection, way)) return dropped(packet);
  translateIcmp(packet, connection, header, quoted, false);
  packet.ignoreDf = 1;
  return sendTranslated(packet, connection, way);
}

function dropped(packet: Packet): Verdict {
  drop(packet, Reason.IpvsTransmit);
  return Verdict.Drop;
}
