import { Reason } from "../abi/fate";
import { ForwardMethod } from "../abi/ipvs";
import { Hook, Verdict } from "../abi/netfilter";
import { PROTO_AH, PROTO_ESP, PROTO_UDP } from "../abi/protocol";
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
import { connectFromServer } from "./persistence";
import { isReset, moveState } from "./protocols/index";
import { findRealServer } from "./real-servers";
import { finishReply, gather, routeReply } from "./reply-route";
import { engineCount, IpvsService } from "./service";
import { translatePacket } from "./translate";

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
  let connection = findReplyByHeader(packet, header);
  if (connection === null && engineCount != 0) connection = callOfServer(packet, header);
  if (connection !== null) return answer(packet, hook, connection, header);
  return config.vsNatIcmpSend ? refuseStray(packet, header) : Verdict.Accept;
}

/** A masqueraded server whose service has a persistence engine begins a connection (__ip_vs_rs_conn_out). */
function callOfServer(packet: Packet, header: IpvsHeader): IpvsConnection | null {
  if (header.protocol != PROTO_UDP || header.fragmentOffset != 0 || !hasPortBytes(packet, header)) return null;
  const server = findRealServer(packet.family, header.protocol, header.source, clientPort(packet, header));
  if (server === null || !changetype<IpvsService>(server.service).engine) return null;
  return connectFromServer(server, packet, header);
}

/** Gives the packet the service's address (handle_response). It goes on in the hook. */
function answer(packet: Packet, hook: Hook, connection: IpvsConnection, header: IpvsHeader): Verdict {
  noteHandled(packet, hook, connection, true);
  if (connection.method == ForwardMethod.Masq) {
    if (!translatePacket(packet, connection, header, true) || !routeReply(packet, hook)) {
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
  if (findRealServer(packet.family, header.protocol, header.source, port) === null) return Verdict.Accept;
  if (isReset(packet, header)) return Verdict.Accept;
  if (packet.family == 6) sendIcmpv6Error(packet, 1, 4, 0);
  else sendIcmpError(packet, 3, 3, 0);
  drop(packet, Reason.IpvsNoServer);
  return Verdict.Drop;
}
