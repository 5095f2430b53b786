/** Answer of the table that is no state. */
export const SCTP_INVALID: u32 = 9;

/** Chunk types (RFC 9260 section 3.2). */
export const CHUNK_DATA: u32 = 0;
export const CHUNK_INIT: u32 = 1;
export const CHUNK_INIT_ACK: u32 = 2;
export const CHUNK_HEARTBEAT: u32 = 4;
export const CHUNK_HEARTBEAT_ACK: u32 = 5;
export const CHUNK_ABORT: u32 = 6;
export const CHUNK_SHUTDOWN: u32 = 7;
export const CHUNK_SHUTDOWN_ACK: u32 = 8;
export const CHUNK_ERROR: u32 = 9;
export const CHUNK_COOKIE_ECHO: u32 = 10;
export const CHUNK_COOKIE_ACK: u32 = 11;
export const CHUNK_SHUTDOWN_COMPLETE: u32 = 14;

const IV: u8 = 9;
const CL: u8 = 1;
const CW: u8 = 2;
const CE: u8 = 3;
const ES: u8 = 4;
const SS: u8 = 5;
const SR: u8 = 6;
const SA: u8 = 7;
const HS: u8 = 8;

/** The next state by direction, chunk and state (spec conntrack.md section 11). */
// biome-ignore format: a table reads as rows of states
const TRANSITIONS = memory.data<u8>([
  // original            NO  CL  CW  CE  ES  SS  SR  SA  HS
  /* init            */  CL, CL, CW, CE, ES, CL, CL, SA, CW,
  /* init ack        */  CL, CL, CW, CE, ES, SS, SR, SA, CL,
  /* abort           */  CL, CL, CL, CL, CL, CL, CL, CL, CL,
  /* shutdown        */  CL, CL, CW, CE, SS, SS, SR, SA, CL,
  /* shutdown ack    */  SA, CL, CW, CE, ES, SA, SA, SA, SA,
  /* error           */  CL, CL, CW, CE, ES, SS, SR, SA, CL,
  /* cookie echo     */  CL, CL, CE, CE, ES, SS, SR, SA, CL,
  /* cookie ack      */  CL, CL, CW, ES, ES, SS, SR, SA, CL,
  /* shutdown compl. */  CL, CL, CW, CE, ES, SS, SR, CL, CL,
  /* heartbeat       */  HS, CL, CW, CE, ES, SS, SR, SA, HS,
  /* heartbeat ack   */  CL, CL, CW, CE, ES, SS, SR, SA, HS,
  // reply
  /* init            */  IV, CL, CW, CE, ES, SS, SR, SA, IV,
  /* init ack        */  IV, CW, CW, CE, ES, SS, SR, SA, IV,
  /* abort           */  IV, CL, CL, CL, CL, CL, CL, CL, IV,
  /* shutdown        */  IV, CL, CW, CE, SR, SS, SR, SA, IV,
  /* shutdown ack    */  IV, CL, CW, CE, ES, SA, SA, SA, IV,
  /* error           */  IV, CL, CW, CL, ES, SS, SR, SA, IV,
  /* cookie echo     */  IV, CL, CE, CE, ES, SS, SR, SA, IV,
  /* cookie ack      */  IV, CL, CW, ES, ES, SS, SR, SA, IV,
  /* shutdown compl. */  IV, CL, CW, CE, ES, SS, SR, CL, IV,
  /* heartbeat       */  IV, CL, CW, CE, ES, SS, SR, SA, HS,
  /* heartbeat ack   */  IV, CL, CW, CE, ES, SS, SR, SA, ES,
]);

/** Chunks that change no state (DATA, SACK, ...) answer `state` itself. */
export function nextSctpState(direction: u32, chunk: u32, state: u32): u32 {
  const row = rowOf(chunk);
  return row < 0 ? state : load<u8>(TRANSITIONS + direction * 99 + row * 9 + state);
}

function rowOf(chunk: u32): i32 {
  switch (chunk) {
    case CHUNK_INIT:
      return 0;
    case CHUNK_INIT_ACK:
      return 1;
    case CHUNK_ABORT:
      return 2;
    case CHUNK_SHUTDOWN:
      return 3;
    case CHUNK_SHUTDOWN_ACK:
      return 4;
    case CHUNK_ERROR:
      return 5;
    case CHUNK_COOKIE_ECHO:
      return 6;
    case CHUNK_COOKIE_ACK:
      return 7;
    case CHUNK_SHUTDOWN_COMPLETE:
      return 8;
    case CHUNK_HEARTBEAT:
      return 9;
    case CHUNK_HEARTBEAT_ACK:
      return 10;
    default:
      return -1;
  }
}
