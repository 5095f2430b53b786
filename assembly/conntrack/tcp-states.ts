import { TcpIndex } from "./tcp-entry";

/** Answers of the table that are no states. */
export const TCP_INVALID: u32 = 10;
/** Cannot be judged: let through without any effect on the entry. */
export const TCP_IGNORE: u32 = 11;

const IV: u8 = 10;
const IG: u8 = 11;
const SS: u8 = 1;
const SR: u8 = 2;
const ES: u8 = 3;
const FW: u8 = 4;
const CW: u8 = 5;
const LA: u8 = 6;
const TW: u8 = 7;
const CL: u8 = 8;
const S2: u8 = 9;

/** The next state by direction, kind of segment and state (spec conntrack.md section 10). */
// biome-ignore format: a table reads as rows of states
const TRANSITIONS = memory.data<u8>([
  // original    NO  SS  SR  ES  FW  CW  LA  TW  CL  S2
  /* syn     */  SS, SS, IG, IG, IG, IG, IG, SS, SS, S2,
  /* syn/ack */  IV, IV, SR, IV, IV, IV, IV, IV, IV, SR,
  /* fin     */  IV, IV, FW, FW, LA, LA, LA, TW, CL, IV,
  /* ack     */  ES, IV, ES, ES, CW, CW, TW, TW, CL, IV,
  /* rst     */  IV, CL, CL, CL, CL, CL, CL, CL, CL, CL,
  /* none    */  IV, IV, IV, IV, IV, IV, IV, IV, IV, IV,
  // reply
  /* syn     */  IV, S2, IV, IV, IV, IV, IV, SS, IV, S2,
  /* syn/ack */  IV, SR, IG, IG, IG, IG, IG, IG, IG, SR,
  /* fin     */  IV, IV, FW, FW, LA, LA, LA, TW, CL, IV,
  /* ack     */  IV, IG, SR, ES, CW, CW, TW, TW, CL, IG,
  /* rst     */  IV, CL, CL, CL, CL, CL, CL, CL, CL, CL,
  /* none    */  IV, IV, IV, IV, IV, IV, IV, IV, IV, IV,
]);

export function nextTcpState(direction: u32, index: TcpIndex, state: u32): u32 {
  return load<u8>(TRANSITIONS + direction * 60 + index * 10 + state);
}

/** Flag combinations that exist, without PSH, ECE and CWR: bit number is the flag byte's FIN, SYN, RST, ACK, URG. */
export function areFlagsValid(flags: u32): bool {
  switch (flags & 0x37) {
    case 0x02: // SYN
    case 0x22: // SYN, URG
    case 0x12: // SYN, ACK
    case 0x04: // RST
    case 0x14: // RST, ACK
    case 0x11: // FIN, ACK
    case 0x31: // FIN, ACK, URG
    case 0x10: // ACK
    case 0x30: // ACK, URG
      return true;
    default:
      return false;
  }
}
