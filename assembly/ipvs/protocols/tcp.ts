import { CONN_F_NOOUTPUT, IpvsTcpState } from "../../abi/ipvs";
import { config } from "../../packet/config";
import { Packet } from "../../packet/packet";
import { assureTemplate, IpvsConnection, setActive } from "../connection";
import { IpvsHeader, isReadable } from "../header";
import { tcpTimeout } from "./timeouts";

/** Bits of the flags byte. */
export const TCP_FIN: u32 = 1;
export const TCP_SYN: u32 = 2;
export const TCP_RST: u32 = 4;
export const TCP_ACK: u32 = 16;

/**
 * The next state by (direction, flag, state): rows SYN, FIN, ACK, RST for packets to the server, from the server, and to
 * a server whose answers are never seen (net/netfilter/ipvs/ip_vs_proto_tcp.c). Columns as `IpvsTcpState`: none,
 * established, syn-sent, syn-recv, fin-wait, time-wait, close, close-wait, last-ack, listen, synack.
 */
const ROW: u32 = 11;
const normalTable = memory.data<u8>([
  3, 1, 1, 3, 3, 3, 3, 3, 3, 3, 3, 6, 7, 2, 5, 5, 5, 6, 7, 8, 9, 5, 1, 1, 2, 1, 4, 5, 6, 7, 6, 9, 1, 6, 6, 6, 3, 6, 6,
  6, 6, 8, 9, 3, 2, 1, 2, 3, 2, 2, 2, 2, 2, 9, 3, 5, 4, 2, 5, 4, 5, 6, 5, 8, 9, 5, 1, 1, 2, 1, 4, 5, 6, 7, 8, 1, 1, 6,
  6, 2, 6, 6, 5, 6, 6, 6, 6, 6, 3, 1, 1, 3, 3, 3, 3, 3, 3, 3, 3, 6, 4, 2, 5, 4, 5, 6, 7, 8, 9, 5, 1, 1, 2, 1, 4, 5, 6,
  7, 6, 9, 1, 6, 6, 6, 3, 6, 6, 6, 6, 8, 9, 6,
]);

/** The same while secure_tcp is active. */
const secureTable = memory.data<u8>([
  3, 1, 1, 3, 3, 3, 3, 3, 3, 3, 10, 6, 7, 2, 5, 5, 5, 6, 7, 8, 9, 10, 1, 1, 2, 3, 4, 5, 6, 7, 6, 9, 10, 6, 6, 6, 3, 6,
  6, 6, 6, 8, 9, 6, 2, 1, 2, 10, 2, 2, 2, 2, 2, 9, 10, 5, 4, 2, 5, 4, 5, 6, 5, 8, 9, 5, 1, 1, 2, 1, 4, 5, 6, 7, 8, 1, 1,
  6, 6, 2, 6, 6, 5, 6, 6, 6, 6, 6, 10, 1, 1, 3, 10, 10, 10, 10, 10, 10, 10, 6, 4, 2, 5, 4, 5, 6, 7, 8, 9, 5, 1, 1, 2, 1,
  4, 5, 6, 7, 6, 9, 1, 6, 6, 6, 3, 6, 6, 6, 6, 8, 9, 6,
]);

/** sysctl secure_tcp: 2 turns itself back to 1 within a second when memory is not short, so only 3 is lasting. */
const SECURE_ALWAYS: u32 = 3;

/** Moves the connection on (tcp_state_transition). */
export function moveTcp(packet: Packet, connection: IpvsConnection, header: IpvsHeader, outgoing: bool): void {
  if (!isReadable(packet, header.transport, 20)) return;
  let direction: u32 = outgoing ? 4 : 0;
  if (connection.flags & CONN_F_NOOUTPUT) {
    if (outgoing) connection.flags &= ~CONN_F_NOOUTPUT;
    else direction = 8;
  }
  const row = rowOf(load<u8>(packet.data + header.transport, 13));
  let state: u32 = IpvsTcpState.Close;
  if (row >= 0) {
    const table = config.vsSecureTcp == SECURE_ALWAYS ? secureTable : normalTable;
    state = load<u8>(table + (direction + row) * ROW + connection.state);
  }
  if (state != connection.state) {
    setActive(connection, isActive(state));
    if (state == IpvsTcpState.Established) assureTemplate(connection);
    connection.state = <u8>state;
  }
  connection.timeout = <u32>tcpTimeout(state);
}

function rowOf(flags: u32): i32 {
  if (flags & TCP_RST) return 3;
  if (flags & TCP_SYN) return 0;
  if (flags & TCP_FIN) return 1;
  return flags & TCP_ACK ? 2 : -1;
}

function isActive(state: u32): bool {
  return (
    state == IpvsTcpState.Established ||
    state == IpvsTcpState.SynSent ||
    state == IpvsTcpState.SynRecv ||
    state == IpvsTcpState.SynAck
  );
}
