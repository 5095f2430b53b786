import { CONN_F_NOOUTPUT, IpvsTcpState } from "../../abi/ipvs";
import { PROTO_SCTP, PROTO_TCP, PROTO_UDP } from "../../abi/protocol";
import { config } from "../../packet/config";
import { Packet } from "../../packet/packet";
import { assureTemplate, IpvsConnection } from "../connection";
import { IpvsHeader, isReadable } from "../header";
import { CHUNK_ABORT, CHUNK_HEADER, CHUNK_INIT, moveSctp, SCTP_CLOSED, SCTP_HEADER } from "./sctp";
import { moveTcp, TCP_RST, TCP_SYN } from "./tcp";
import { udpTimeout } from "./timeouts";

/** Moves the connection's state and timeout on for a packet (ip_vs_set_state). AH and ESP have none. */
export function moveState(packet: Packet, connection: IpvsConnection, header: IpvsHeader, outgoing: bool): void {
  const protocol = header.protocol;
  if (protocol == PROTO_TCP) {
    moveTcp(packet, connection, header, outgoing);
  } else if (protocol == PROTO_UDP) {
    connection.timeout = <u32>udpTimeout();
    if (outgoing) assureTemplate(connection);
  } else if (protocol == PROTO_SCTP) {
    moveSctp(packet, connection, header, outgoing);
  }
}

/** May a packet of this kind begin a connection? */
export enum Eligibility {
  Yes = 0,
  /** It goes on in the stack. */
  No = 1,
  /** Its header is cut short: it is dropped. */
  Broken = 2,
}

/** The first tests of the protocols' conn_schedule functions. Quoted headers only need their ports. */
export function eligibility(packet: Packet, header: IpvsHeader): Eligibility {
  const protocol = header.protocol;
  if (header.icmp) {
    if (protocol != PROTO_TCP && protocol != PROTO_UDP && protocol != PROTO_SCTP) return Eligibility.No;
    return isReadable(packet, header.transport, 4) ? Eligibility.Yes : Eligibility.Broken;
  }
  if (protocol == PROTO_TCP) {
    if (!isReadable(packet, header.transport, 20)) return Eligibility.Broken;
    const flags = tcpFlags(packet, header);
    if (flags & TCP_RST) return Eligibility.No;
    return config.vsSloppyTcp || flags & TCP_SYN ? Eligibility.Yes : Eligibility.No;
  }
  if (protocol == PROTO_UDP) {
    return isReadable(packet, header.transport, 8) ? Eligibility.Yes : Eligibility.Broken;
  }
  if (protocol != PROTO_SCTP) return Eligibility.No;
  if (!isReadable(packet, header.transport, SCTP_HEADER + CHUNK_HEADER)) return Eligibility.Broken;
  const chunk = firstChunk(packet, header);
  if (chunk == CHUNK_ABORT) return Eligibility.No;
  return config.vsSloppySctp || chunk == CHUNK_INIT ? Eligibility.Yes : Eligibility.No;
}

/** Does the packet ask for a new connection (is_new_conn)? */
export function isNewConnection(packet: Packet, header: IpvsHeader): bool {
  if (header.protocol == PROTO_TCP) {
    return isReadable(packet, header.transport, 20) && (tcpFlags(packet, header) & TCP_SYN) != 0;
  }
  if (header.protocol == PROTO_SCTP) {
    if (!isReadable(packet, header.transport, SCTP_HEADER + CHUNK_HEADER)) return false;
    return firstChunk(packet, header) == CHUNK_INIT;
  }
  return false;
}

/** Is the connection so far gone that its ports may begin a new one (is_new_conn_expected)? */
export function isOver(connection: IpvsConnection, reuseMode: u32): bool {
  if (connection.control != 0) return false;
  const state: u32 = connection.state;
  if (connection.protocol == PROTO_TCP) {
    if (state == IpvsTcpState.TimeWait || state == IpvsTcpState.Close) return true;
    return (reuseMode & 2) != 0 && state == IpvsTcpState.FinWait && (connection.flags & CONN_F_NOOUTPUT) != 0;
  }
  return connection.protocol == PROTO_SCTP && state == SCTP_CLOSED;
}

/** Does the packet end its connection at once: a TCP reset, an SCTP abort? Neither is ever answered. */
export function isReset(packet: Packet, header: IpvsHeader): bool {
  if (header.protocol == PROTO_TCP) {
    return isReadable(packet, header.transport, 20) && (tcpFlags(packet, header) & TCP_RST) != 0;
  }
  if (header.protocol != PROTO_SCTP) return false;
  if (!isReadable(packet, header.transport, SCTP_HEADER + CHUNK_HEADER)) return false;
  return firstChunk(packet, header) == CHUNK_ABORT;
}

function tcpFlags(packet: Packet, header: IpvsHeader): u32 {
  return load<u8>(packet.data + header.transport, 13);
}

function firstChunk(packet: Packet, header: IpvsHeader): u32 {
  return load<u8>(packet.data + header.transport + SCTP_HEADER);
}
