import { CONN_F_NOOUTPUT } from "../../abi/ipvs";
import { load16 } from "../../packet/bytes";
import { Packet } from "../../packet/packet";
import { assureTemplate, IpvsConnection, setActive } from "../connection";
import { IpvsHeader, isReadable } from "../header";
import { sctpTimeout } from "./timeouts";

/** Chunk types (RFC 9260). */
export const CHUNK_INIT: u32 = 1;
export const CHUNK_ABORT: u32 = 6;
const CHUNK_COOKIE_ECHO: u32 = 10;
const CHUNK_COOKIE_ACK: u32 = 11;

/** Bytes of the common header, and of a chunk's header. */
export const SCTP_HEADER: u32 = 12;
export const CHUNK_HEADER: u32 = 4;

export const SCTP_INIT1: u32 = 1;
export const SCTP_INIT: u32 = 2;
export const SCTP_ESTABLISHED: u32 = 8;
export const SCTP_CLOSED: u32 = 13;

/**
 * Rows of the state table by chunk type 0 to 14: data, init, init-ack, cookie-echo, cookie-ack, shutdown, shutdown-ack,
 * shutdown-complete, error, abort. Unknown types are data.
 */
const events = memory.data<u8>([0, 1, 2, 0, 0, 0, 9, 5, 6, 8, 3, 4, 0, 0, 7]);
const EVENT_TYPES: u32 = 15;

/**
 * The next state by (direction, event, state), as for TCP (net/netfilter/ipvs/ip_vs_proto_sctp.c). Columns: none, init1,
 * init, cookie-sent, cookie-replied, cookie-wait, cookie, cookie-echoed, established, shutdown-sent, shutdown-received,
 * shutdown-ack-sent, rejected, closed.
 */
const ROWS: u32 = 10;
const ROW: u32 = 14;
const table = memory.data<u8>([
  8, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 1, 2, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 2, 2, 5, 5, 5, 3, 4, 6, 6, 7, 8,
  9, 10, 11, 12, 13, 4, 2, 2, 4, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 8, 1, 2, 3, 4, 5, 6, 8, 8, 9, 10, 11, 12, 13, 10, 1,
  2, 3, 4, 5, 6, 7, 10, 9, 10, 11, 12, 13, 13, 2, 2, 3, 4, 5, 6, 7, 8, 13, 10, 13, 12, 13, 13, 13, 13, 3, 4, 5, 6, 7, 8,
  9, 10, 13, 12, 13, 13, 1, 2, 3, 4, 5, 6, 13, 8, 9, 10, 11, 12, 13, 13, 13, 13, 13, 13, 12, 13, 13, 13, 13, 13, 13, 13,
  13, 8, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 5, 5, 5, 5, 5, 5, 5, 5, 8, 5, 5, 5, 5, 5, 3, 3, 3, 3, 4, 5, 6, 7, 8,
  9, 10, 11, 12, 13, 7, 7, 7, 7, 7, 7, 7, 7, 8, 9, 10, 11, 12, 13, 8, 8, 8, 8, 8, 8, 8, 8, 8, 9, 10, 11, 12, 13, 9, 9,
  9, 9, 9, 9, 9, 9, 9, 9, 10, 11, 12, 13, 11, 11, 11, 11, 11, 5, 6, 7, 8, 11, 11, 11, 12, 13, 13, 1, 2, 3, 4, 5, 6, 7,
  8, 9, 10, 11, 12, 13, 13, 13, 13, 13, 13, 5, 6, 7, 8, 9, 10, 11, 12, 13, 13, 12, 13, 13, 13, 13, 13, 13, 13, 13, 13,
  13, 13, 13, 8, 1, 2, 3, 4, 8, 6, 7, 8, 9, 10, 11, 12, 13, 1, 2, 2, 2, 2, 2, 6, 7, 8, 9, 10, 11, 2, 2, 7, 7, 7, 7, 7,
  7, 6, 7, 8, 9, 10, 11, 12, 13, 8, 8, 8, 8, 8, 8, 6, 7, 8, 9, 10, 11, 12, 13, 8, 1, 2, 8, 8, 5, 8, 8, 8, 9, 10, 11, 12,
  13, 10, 1, 2, 3, 4, 5, 6, 7, 10, 9, 10, 11, 12, 13, 13, 2, 2, 3, 4, 5, 6, 7, 13, 13, 10, 13, 12, 13, 13, 13, 13, 13,
  13, 5, 6, 7, 8, 9, 13, 13, 12, 13, 13, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 13, 13, 13, 13, 13, 12, 13, 13, 13,
  13, 13, 13, 13, 13,
]);

/** Moves the connection on (sctp_state_transition). */
export function moveSctp(packet: Packet, connection: IpvsConnection, header: IpvsHeader, outgoing: bool): void {
  const first = header.transport + SCTP_HEADER;
  if (!isReadable(packet, first, CHUNK_HEADER)) return;
  const chunk = decidingChunk(packet, first);
  let direction: u32 = outgoing ? 1 : 0;
  if (connection.flags & CONN_F_NOOUTPUT) {
    if (outgoing) connection.flags &= ~CONN_F_NOOUTPUT;
    else direction = 2;
  }
  const event: u32 = chunk < EVENT_TYPES ? load<u8>(events + chunk) : 0;
  const state: u32 = load<u8>(table + (direction * ROWS + event) * ROW + connection.state);
  if (state != connection.state) {
    setActive(connection, state == SCTP_ESTABLISHED);
    if (state == SCTP_ESTABLISHED) assureTemplate(connection);
    connection.state = <u8>state;
  }
  connection.timeout = <u32>sctpTimeout(state);
}

/** The first chunk's type; an abort behind a cookie chunk counts in its stead. */
function decidingChunk(packet: Packet, first: u32): u32 {
  const type: u32 = load<u8>(packet.data + first);
  if (type != CHUNK_COOKIE_ECHO && type != CHUNK_COOKIE_ACK) return type;
  const length = load16(packet.data + first + 2);
  const second = first + ((length + 3) & ~3);
  if (length < CHUNK_HEADER || !isReadable(packet, second, CHUNK_HEADER)) return type;
  const next: u32 = load<u8>(packet.data + second);
  return next == CHUNK_ABORT ? next : type;
}
