import { CtEvent, DccpState, IPS_ASSURED, IPS_SEEN_REPLY } from "../abi/conntrack";
import { Hook } from "../abi/netfilter";
import { PROTO_DCCP } from "../abi/protocol";
import { load16, load32 } from "../packet/bytes";
import { config } from "../packet/config";
import { Packet } from "../packet/packet";
import { verifyChecksum } from "./checksum";
import { Entry } from "./entry";
import { noteEvent } from "./event";
import { killCounting, refresh } from "./lifetime";
import { dccpTimeout } from "./timeouts";
import { Tracking } from "./tracking";

/** The DCCP part of an entry (struct nf_ct_dccp). */
@unmanaged
export class DccpEntry extends Entry {
  /** Sequence number of the server's response, 48 bits. */
  handshakeSeq: u64;
  /** Role of the sender of each direction. */
  role0: u8;
  role1: u8;
  lastType: u8;
  lastDccpDirection: u8;
}

const CLIENT: u8 = 0;
const SERVER: u8 = 1;

/** Packet types (RFC 4340 section 5.1). */
const REQUEST: u32 = 0;
const RESPONSE: u32 = 1;
const DATA: u32 = 2;
const ACK: u32 = 3;
const RESET: u32 = 7;
const TYPES: u32 = 10;
/** Types that must have 48-bit sequence numbers: request, response, closereq, close, reset, sync, syncack. */
const LONG_SEQUENCE: u32 = 0b1111100011;

const IG: u8 = 8;
const IV: u8 = 9;
const RQ: u8 = 1;
const RS: u8 = 2;
const PO: u8 = 3;
const OP: u8 = 4;
const CR: u8 = 5;
const CG: u8 = 6;
const TW: u8 = 7;

/** The next state by the sender's role, packet type and state (spec conntrack.md section 11.1). */
// biome-ignore format: a table reads as rows of states
const TRANSITIONS = memory.data<u8>([
  // client         NO  RQ  RS  PO  OP  CR  CG  TW
  /* request    */  RQ, RQ, RS, IG, IG, IG, IG, RQ,
  /* response   */  IV, IG, IG, IG, IG, IG, IG, IV,
  /* data       */  IV, IV, IV, IV, OP, CR, CG, IV,
  /* ack        */  IV, IV, PO, PO, OP, CR, CG, IV,
  /* dataack    */  IV, IV, PO, PO, OP, CR, CG, IV,
  /* closereq   */  IV, IV, IV, IV, IV, IV, IV, IV,
  /* close      */  IV, IV, IV, CG, CG, CG, IV, IV,
  /* reset      */  IV, TW, TW, TW, TW, TW, TW, IG,
  /* sync       */  IV, IG, IG, IG, IG, IG, IG, IG,
  /* syncack    */  IV, IG, IG, IG, IG, IG, IG, IG,
  // server
  /* request    */  IV, IG, IG, IG, IG, IG, IG, RQ,
  /* response   */  IV, RS, RS, IG, IG, IG, IG, IV,
  /* data       */  IV, IV, IV, OP, OP, IV, CG, IV,
  /* ack        */  IV, IV, IV, OP, OP, IV, CG, IV,
  /* dataack    */  IV, IV, IV, OP, OP, IV, CG, IV,
  /* closereq   */  IV, IV, IV, CR, CR, CR, CR, IV,
  /* close      */  IV, IV, IV, CG, CG, IV, CG, IV,
  /* reset      */  IV, TW, TW, TW, TW, TW, TW, TW,
  /* sync       */  IV, IG, IG, IG, IG, IG, IG, IG,
  /* syncack    */  IV, IG, IG, IG, IG, IG, IG, IG,
]);

function nextState(role: u32, type: u32, state: u32): u32 {
  return load<u8>(TRANSITIONS + role * 80 + type * 8 + state);
}

/** Connection tracking of DCCP (net/netfilter/nf_conntrack_proto_dccp.c). */
export function trackDccp(entry: DccpEntry, packet: Packet, hook: Hook): Tracking {
  if (!isThere(packet, 12)) return Tracking.Drop;
  if (!isSound(packet, hook)) return Tracking.Invalid;
  if (!isThere(packet, headerSize(packet))) return Tracking.Drop;
  const type = typeOf(packet);
  if (!entry.isConfirmed && !begin(entry, type)) return Tracking.Invalid;
  if (type == RESET && !(entry.status & IPS_SEEN_REPLY)) {
    killCounting(entry, packet);
    return Tracking.Accept;
  }
  const isReply = packet.isReply;
  const direction: u8 = isReply ? 1 : 0;
  const role = isReply ? entry.role1 : entry.role0;
  const oldState: u32 = entry.state;
  let newState = nextState(role, type, oldState);
  if (newState == IV) return Tracking.Invalid;
  if (newState == IG) {
    // The answer to a request that was let through: in step again.
    const resynchronises = entry.lastDccpDirection != direction && entry.lastType == REQUEST && type == RESPONSE;
    if (!resynchronises) {
      entry.lastDccpDirection = direction;
      entry.lastType = <u8>type;
      return Tracking.Accept;
    }
    setServer(entry, direction);
    entry.handshakeSeq = sequenceOf(packet);
    newState = DccpState.Respond;
  } else if (newState == DccpState.Request) {
    // The server opens a new connection over the old one.
    if (oldState == DccpState.TimeWait && role == SERVER) setServer(entry, direction ^ 1);
  } else if (newState == DccpState.Respond) {
    if (oldState == DccpState.Request) entry.handshakeSeq = sequenceOf(packet);
  } else if (newState == DccpState.PartOpen) {
    if (oldState == DccpState.Respond && type == ACK && acknowledged(packet) == entry.handshakeSeq) {
      entry.addStatus(IPS_ASSURED);
    }
  }
  entry.lastDccpDirection = direction;
  entry.lastType = <u8>type;
  entry.state = <u8>newState;
  if (newState != oldState) noteEvent(entry, CtEvent.ProtoInfo);
  refresh(entry, packet, dccpTimeout(newState));
  return Tracking.Accept;
}

function begin(entry: DccpEntry, type: u32): bool {
  const state = nextState(CLIENT, type, DccpState.None);
  if (state == IV || (state != DccpState.Request && !config.dccpLoose)) return false;
  entry.role0 = CLIENT;
  entry.role1 = SERVER;
  entry.state = <u8>DccpState.None;
  entry.lastType = <u8>REQUEST;
  entry.lastDccpDirection = 0;
  entry.handshakeSeq = 0;
  return true;
}

function setServer(entry: DccpEntry, direction: u32): void {
  entry.role0 = direction == 0 ? SERVER : CLIENT;
  entry.role1 = direction == 0 ? CLIENT : SERVER;
}

function isThere(packet: Packet, size: u32): bool {
  return packet.hasTransport(size) && packet.hasCaptured(size);
}

function isSound(packet: Packet, hook: Hook): bool {
  const header = packet.transport;
  const length = packet.transportLength;
  const offset = (<u32>load<u8>(header, 4)) << 2;
  if (offset < 12 || offset > length) return false;
  let coverage = length;
  const covered = <u32>load<u8>(header, 5) & 15;
  if (covered != 0) {
    coverage = (covered - 1) << 2;
    if (coverage > length) return false;
  }
  if (hook == Hook.PreRouting && config.conntrackChecksum) {
    if (!verifyChecksum(packet, PROTO_DCCP, coverage)) return false;
  }
  const type = typeOf(packet);
  return type < TYPES && (isLong(packet) || !((LONG_SEQUENCE >> type) & 1));
}

function typeOf(packet: Packet): u32 {
  return (<u32>load<u8>(packet.transport, 8) >> 1) & 15;
}

/** Are sequence numbers 48 bits long (the X bit)? */
function isLong(packet: Packet): bool {
  return (load<u8>(packet.transport, 8) & 1) != 0;
}

function basicSize(packet: Packet): u32 {
  return isLong(packet) ? 16 : 12;
}

function headerSize(packet: Packet): u32 {
  const type = typeOf(packet);
  let more: u32 = 8;
  if (type == REQUEST) more = 4;
  else if (type == RESPONSE || type == RESET) more = 12;
  else if (type == DATA) more = 0;
  return basicSize(packet) + more;
}

function sequenceOf(packet: Packet): u64 {
  const high: u64 = load16(packet.transport + 10);
  if (isLong(packet)) return (high << 32) + load32(packet.transport + 12);
  return high + ((<u64>load<u8>(packet.transport, 9)) << 16);
}

function acknowledged(packet: Packet): u64 {
  const at = packet.transport + basicSize(packet);
  const high: u64 = load16(at + 2);
  return (high << 32) + load32(at + 4);
}

/** States that may be dropped first when the table is full (dccp_can_early_drop). */
export function isDccpClosing(state: u32): bool {
  return state >= <u32>DccpState.CloseReq && state <= <u32>DccpState.TimeWait;
}
