import { Reason } from "../abi/fate";
import { ForwardMethod } from "../abi/ipvs";
import { Hook, Verdict } from "../abi/netfilter";
import { PROTO_AH, PROTO_ESP } from "../abi/protocol";
import { sendIcmpError, sendIcmpv6Error } from "../ip/icmp";
import { config } from "../packet/config";
import { Packet } from "../packet/packet";
import { drop } from "../trace/output";
import { IpvsConnection } from "./connection";
import { putConnection } from "./connections";
import { countReply } from "./count";
import { clientPort, hasPortBytes, hasPorts, IpvsHeader, isIcmp, isKnownProtocol, readHeader } from "./header";
import { replyIcmp } from "./icmp-reply";
import { findReplyByHeader } from "./lookup";
import { noteHandled } from "./note";
import { isReset, moveState } from "./protocols/index";
import { hasRealServer } from "./real-servers";
import { finishReply, gather, routeReply } from "./reply-route";
import { translateReply } from "./translate";

/** A packet that may be a server's answer (ip_vs_out_hook). */
export function handleReply(packet: Packet, hook: Hook, header: IpvsHeader): Verdict {
  if (packet.ipvsProperty || !packet.routed) return Verdict.Accept;
  readHeader(packet, header);
  if (isIcmp(packet, header)) return replyIcmp(packet, hook, header);
  if (!isKnownProtocol(header.protocol)) return Verdict.Accept;
  const isKeyed = header.protocol == PROTO_AH || header.protocol == PROTO_ESP;
  if (packet.family == 4 && packet.isFragment && !isKeyed) {
    if (!gather(packet, hook)) return Verdict.Stolen;
    readHeader(packet, header);
  }
  const connection = findReplyByHeader(packet, header);
  if (connection !== null) return answer(packet, hook, connection, header);
  return config.vsNatIcmpSend ? refuseStray(packet, header) : Verdict.Accept;
}

/** Gives the packet the service's address (handle_response). It goes on in the hook. */
function answer(packet: Packet, hook: Hook, connection: IpvsConnection, header: IpvsHeader): Verdict {
  noteHandled(packet, hook, connection);
  if (connection.method == ForwardMethod.Masq) {
    if (!translateReply(packet, connection, header) || !routeReply(packet, hook)) {
      putConnection(connection);
      drop(packet, Reason.IpvsTransmit);
      return Verdict.Drop;
    }
  }
  countReply(packet, connection);
  moveState(packet, connection, header, true);
  finishReply(packet, connection);
  putConnection(connection);
  return Verdict.Accept;
}

/** sysctl nat_icmp_send: a masqueraded server that talks without a connection is told so. */
function refuseStray(packet: Packet, header: IpvsHeader): Verdict {
  if (!hasPorts(header.protocol) || !hasPortBytes(packet, header)) return Verdict.Accept;
  const port = clientPort(packet, header);
  if (!hasRealServer(packet.family, header.protocol, header.source, port)) return Verdict.Accept;
  if (isReset(packet, header)) return Verdict.Accept;
  if (packet.family == 6) sendIcmpv6Error(packet, 1, 4, 0);
  else sendIcmpError(packet, 3, 3, 0);
  drop(packet, Reason.IpvsNoServer);
  return Verdict.Drop;
}
