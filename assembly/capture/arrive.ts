import { LinkForm } from "../abi/capture";
import { hashFlow } from "../conntrack/index";
import { MAC_MASK } from "../ip/link";
import { ByteBuffer } from "../memory/byte-buffer";
import { copyBytes } from "../memory/copy";
import { INPUT_RECORD_SIZE, InputRecord } from "../packet/input-record";
import { showsOffload } from "./offload";

/** An interface of the capture: where its packets arrive. The host writes it. */
@unmanaged
export class Arrival {
  /** MAC address of the device, as the first six bytes in memory; 0: none that would tell its own frames. */
  mac: u64;
  /** Device where packets arrive; 0: the node itself sends them. */
  device: u32;
  /** Longest packet that is no aggregate; 0: nothing was offloaded to the device. */
  mtu: u32;
  /** How frames begin: a {@link LinkForm}. */
  form: u8;
  /** Is it known where its packets arrive? */
  isKnown: u8;
  /** Are the node's own frames counted here? Else the host is told of them. */
  countsOwn: u8;
}

/** What came of the records that {@link arrive} was given. */
@unmanaged
export class Arrived {
  /** Records that are input, or may be, one behind another where the first of all was. */
  kept: u32;
  /** Those of them that the host has to say more about; `askedRecords` has their addresses. */
  asked: u32;
  /** Frames that the node itself sent, which are none: all so far. */
  own: u32;
  /** Greatest number of a record. */
  lastNumber: u32;
}

export const arrived = changetype<Arrived>(memory.data(offsetof<Arrived>(), 8));
const asked = ByteBuffer.create(4096);

const ARRIVAL_SIZE: u32 = (<u32>offsetof<Arrival>() + 7) & ~7;
const arrivals = ByteBuffer.create(16 * ARRIVAL_SIZE);

/** Of an interface of the capture, by its place among all. */
export function arrivalOf(source: u32): Arrival {
  const needed = (source + 1) * ARRIVAL_SIZE;
  if (needed > arrivals.used) arrivals.append(needed - arrivals.used);
  return arrivalAt(source);
}

function arrivalAt(source: u32): Arrival {
  return changetype<Arrival>(arrivals.start + source * ARRIVAL_SIZE);
}

/** Is there one among these records of which it is not known where its interface is? */
export function hasUnknownSource(records: usize, count: u32): bool {
  const end = records + count * INPUT_RECORD_SIZE;
  for (let at = records; at < end; at += INPUT_RECORD_SIZE) {
    if (!arrivalAt(changetype<InputRecord>(at).source).isKnown) return true;
  }
  return false;
}

enum Kind {
  Input = 0,
  Asks = 1,
  Own = 2,
}

/**
 * Makes packet records of the capture into packets that arrive at devices, as the host does (src/engine/arrivals.ts): IP packets
 * behind the usual link headers. The host is asked about all others.
 */
export function arrive(records: usize, count: u32): void {
  const end = records + count * INPUT_RECORD_SIZE;
  let to = records;
  let own: u32 = 0;
  let last = arrived.lastNumber;
  asked.clear();
  for (let at = records; at < end; at += INPUT_RECORD_SIZE) {
    const record = changetype<InputRecord>(at);
    last = max(last, record.number);
    record.isRejected = 0;
    record.hash = 0;
    const kind = judge(record, arrivalAt(record.source));
    if (kind == Kind.Own) {
      own += 1;
      continue;
    }
    if (kind == Kind.Asks) store<u32>(asked.append(4), <u32>to);
    if (to != at) copyBytes(to, at, INPUT_RECORD_SIZE);
    to += INPUT_RECORD_SIZE;
  }
  arrived.kept = <u32>(to - records) / INPUT_RECORD_SIZE;
  arrived.asked = asked.used >> 2;
  arrived.own += own;
  arrived.lastNumber = last;
}

/** Addresses of the records that the host was asked about, 32 bits each. */
export function askedRecords(): usize {
  return asked.start;
}

/** Takes out the records that the host has rejected. @returns how many are left. */
export function dropRejected(records: usize, count: u32): u32 {
  const end = records + count * INPUT_RECORD_SIZE;
  let to = records;
  for (let at = records; at < end; at += INPUT_RECORD_SIZE) {
    if (changetype<InputRecord>(at).isRejected) continue;
    if (to != at) copyBytes(to, at, INPUT_RECORD_SIZE);
    to += INPUT_RECORD_SIZE;
  }
  return <u32>(to - records) / INPUT_RECORD_SIZE;
}

const ETHERNET: u32 = 14;
/** Ethertypes as they lie in memory. */
const ETH_P_IP: u16 = 0x0008;
const ETH_P_IPV6: u16 = 0xdd86;
const OUTBOUND: u8 = 2;
const LOCAL: u32 = 0;

function judge(record: InputRecord, from: Arrival): Kind {
  const frame = record.frame;
  let family: u8 = 0;
  let macLength: u32 = 0;
  let isOwn = false;
  if (from.form == LinkForm.Ethernet) {
    if (record.captured < ETHERNET) return Kind.Asks;
    const type = load<u16>(frame, 12);
    if (type == ETH_P_IP) family = 4;
    else if (type == ETH_P_IPV6) family = 6;
    else return Kind.Asks;
    macLength = ETHERNET;
    isOwn = record.direction == 0 && from.mac != 0 && (load<u64>(frame, 6) & MAC_MASK) == from.mac;
  } else if (from.form == LinkForm.Raw && record.captured != 0) {
    family = load<u8>(frame) >> 4;
    if (family != 4 && family != 6) return Kind.Asks;
  } else {
    return Kind.Asks;
  }
  if (from.device != LOCAL && (isOwn || record.direction == OUTBOUND)) return from.countsOwn ? Kind.Own : Kind.Asks;
  const data = frame + macLength;
  const captured = record.captured - macLength;
  const length = record.length - macLength;
  if (from.mtu != 0 && showsOffload(data, captured, family, length, from.mtu)) return Kind.Asks;
  if (captured >= (family == 4 ? HASHED_BYTES_4 : HASHED_BYTES_6)) record.hash = hashFlow(data, family);
  record.device = from.device;
  record.macLength = macLength;
  record.length = length;
  record.captured = captured;
  record.family = family;
  record.packetType = 0;
  record.aggregate = 0;
  record.partialChecksum = 0;
  record.wasSent = 0;
  return Kind.Input;
}

/** Shortest captured part with both ports, behind a header without options. */
const HASHED_BYTES_4: u32 = 24;
const HASHED_BYTES_6: u32 = 44;
