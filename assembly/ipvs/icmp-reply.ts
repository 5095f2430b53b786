import { Reason } from "../abi/fate";
import { ForwardMethod } from "../abi/ipvs";
import { Hook, Verdict } from "../abi/netfilter";
import { Packet } from "../packet/packet";
import { drop } from "../trace/output";
import { IpvsConnection } from "./connection";
import { countReply } from "./count";
import { giveHeader, hasPorts, IpvsHeader, isKnownProtocol, readHeader, readQuoted, takeHeader } from "./header";
import { ICMP_HEADER, IcmpKind, icmpKind, isChecksumGood, isQuotedIpv4, translateIcmp } from "./icmp";
import { findReplyByHeader } from "./lookup";
import { noteHandled } from "./note";
import { finishReply, gather, routeReply } from "./reply-route";

/** An ICMP error about a packet that went to a server (ip_vs_out_icmp, ip_vs_out_icmp_v6). */
export function replyIcmp(packet: Packet, hook: Hook, header: IpvsHeader): Verdict {
  if (packet.family == 4 && packet.isFragment) {
    if (!gather(packet, hook)) return Verdict.Stolen;
    readHeader(packet, header);
  }
  const kind = icmpKind(packet, header);
  if (kind == IcmpKind.Other) return Verdict.Accept;
  // An error never comes in fragments.
  if (kind == IcmpKind.Broken || header.hasFragmentHeader) return dropped(packet);
  const quoted = takeHeader();
  const verdict = answerQuoted(packet, hook, header, quoted);
  giveHeader();
  return verdict;
}

function answerQuoted(packet: Packet, hook: Hook, header: IpvsHeader, quoted: IpvsHeader): Verdict {
  const offset = header.transport + ICMP_HEADER;
  if (packet.family == 4 && !isQuotedIpv4(packet, offset)) return Verdict.Accept;
  if (!readQuoted(packet, offset, true, quoted) || !isKnownProtocol(quoted.protocol)) return Verdict.Accept;
  if (quoted.fragmentOffset != 0 && hasPorts(quoted.protocol)) return Verdict.Accept;
  const connection = findReplyByHeader(packet, quoted);
  if (connection === null) return Verdict.Accept;
  noteHandled(packet, hook, connection, true);
  if (connection.method == ForwardMethod.Masq && !translate(packet, hook, connection, header, quoted)) {
    return dropped(packet);
  }
  countReply(packet, connection);
  finishReply(packet, connection);
  return Verdict.Accept;
}

function translate(
  packet: Packet,
  hook: Hook,
  connection: IpvsConnection,
  header: IpvsHeader,
  quoted: IpvsHeader,
): bool {
  if (!isChecksumGood(packet, header)) return false;
  translateIcmp(packet, connection, header, quoted, true);
  return routeReply(packet, hook);
}

function dropped(packet: Packet): Verdict {
  drop(packet, Reason.IpvsTransmit);
  return Verdict.Drop;
}
