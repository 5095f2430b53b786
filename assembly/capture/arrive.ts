import { EACH_PLACE, LinkForm, PlaceKind, SHARED_PLACE } from "../abi/capture";
import { PacketType } from "../abi/netfilter";
import { hashFlow } from "../conntrack/index";
import { MAC_MASK } from "../ip/link";
import { ByteBuffer } from "../memory/byte-buffer";
import { copyBytes } from "../memory/copy";
import { device } from "../packet/device";
import { INPUT_RECORD_SIZE, InputRecord } from "../packet/input-record";
import { Arrival, arrivalAt } from "./arrival";
import { linkHeader, readLink, removeTags, tagAt } from "./link";
import { lastReleased } from "./merge";
import { showsOffload } from "./offload";
import { placeOf } from "./places";
import { noteUnclear, unclear } from "./records";

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

/** Is there one among these records of which it is not known where its interface is? */
export function hasUnknownSource(records: usize, count: u32): bool {
  const end = records + count * INPUT_RECORD_SIZE;
  for (let at = records; at < end; at += INPUT_RECORD_SIZE) {
    if (!arrivalAt(changetype<InputRecord>(at).source).isKnown) return true;
  }
  return false;
}

/** What a record is. */
export enum Kind {
  Unknown = 0,
  Input = 1,
  Asks = 2,
  Own = 3,
}

/**
 * Says of a record that was just read what it is, if it is known where its interface is: what is asked of the frame is
 * asked while the processor has it. {@link arrive} does so later for all others.
 */
export function judgeEarly(record: InputRecord): void {
  const from = arrivalAt(record.source);
  const kind = from.isKnown ? judge(record, from) : Kind.Unknown;
  record.kind = <u8>kind;
  if (kind != Kind.Input) noteUnclear(1);
}

/**
 * Makes packet records of the capture into packets that arrive at devices, as the host does (src/engine/arrivals.ts): IP packets
 * without traces of offloading, behind all link headers but NFLOG's. The host is asked about all others.
 */
export function arrive(records: usize, count: u32): void {
  asked.clear();
  arrived.asked = 0;
  arrived.lastNumber = lastReleased();
  arrived.kept = unclear == 0 ? count : arriveOneByOne(records, count);
}

/** @returns records that are input, or may be. */
function arriveOneByOne(records: usize, count: u32): u32 {
  const end = records + count * INPUT_RECORD_SIZE;
  let to = records;
  for (let at = records; at < end; at += INPUT_RECORD_SIZE) {
    const record = changetype<InputRecord>(at);
    let kind: Kind = record.kind;
    if (kind != Kind.Input) noteUnclear(-1);
    const from = arrivalAt(record.source);
    if (kind == Kind.Unknown) kind = judge(record, from);
    if (kind == Kind.Own && from.countsOwn) {
      arrived.own += 1;
      continue;
    }
    if (kind != Kind.Input) store<u32>(asked.append(4), <u32>to);
    if (to != at) copyBytes(to, at, INPUT_RECORD_SIZE);
    to += INPUT_RECORD_SIZE;
  }
  arrived.asked = asked.used >> 2;
  return <u32>(to - records) / INPUT_RECORD_SIZE;
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
const VLAN_ID: u32 = 0xfff;
/** Protocol and VLAN id of a tag. */
const TAG_WITHOUT_PRIORITY: u32 = 0xffff0fff;
const OUTBOUND: u8 = 2;
const LOCAL: u32 = 0;
/** The host has to say where it arrives. */
const NOWHERE: u32 = 0xffffffff;

/** @inline */
function judge(record: InputRecord, from: Arrival): Kind {
  if (from.form == LinkForm.Ethernet && from.device != EACH_PLACE && record.captured >= ETHERNET) {
    const type = load<u16>(record.frame, 12);
    const family: u8 = type == ETH_P_IP ? 4 : type == ETH_P_IPV6 ? 6 : 0;
    if (family != 0) {
      const isOwn = isSentFrom(record, from.device, from.mac, 0, record.frame + 6);
      return isOwn ? Kind.Own : admit(record, from.device, from.mtu, family, ETHERNET);
    }
  }
  return judgeByHeader(record, from);
}

/** The same for all link headers, for tagged frames, and where each packet says by itself which device it passed. */
function judgeByHeader(record: InputRecord, from: Arrival): Kind {
  const form: LinkForm = from.form;
  if (!readLink(record, form)) return Kind.Asks;
  const link = linkHeader;
  const below = from.device == EACH_PLACE ? statedDevice() : from.device;
  if (below == NOWHERE) return Kind.Asks;
  const mac = from.device == EACH_PLACE ? placeOf(PlaceKind.OwnMac, 0, below) : from.mac;
  if (isSentFrom(record, below, mac, link.packetType, link.source)) return Kind.Own;
  const above = link.tagCount == 0 ? below : deviceAboveTags(below);
  if (above == NOWHERE) return Kind.Asks;
  const mtu = above == from.device || from.mtu == 0 ? from.mtu : device(above).mtu;
  const kind = admit(record, above, mtu, <u8>link.family, link.macLength);
  if (kind == Kind.Asks) return kind;
  record.packetType = <u8>link.packetType;
  if (link.tagCount != 0) record.macLength = removeTags(record, form);
  return kind;
}

/** Did the node itself send it (src/capture/own-frame.ts)? @param source where its address lies, 0: nowhere. */
function isSentFrom(record: InputRecord, below: u32, mac: u64, packetType: u32, source: usize): bool {
  if (below == LOCAL) return false;
  if (record.direction != 0) return record.direction == OUTBOUND;
  if (packetType == PacketType.Outgoing) return true;
  return mac != 0 && source != 0 && (load<u64>(source) & MAC_MASK) == mac;
}

/** The node's device that the header tells by itself, as interfaceOf() does (src/capture/infer-interface.ts). */
function statedDevice(): u32 {
  const link = linkHeader;
  if (link.ifindex != 0) return known(placeOf(PlaceKind.Ifindex, 0, link.ifindex));
  const receiver = link.destination == 0 ? 0 : ownerOf(link.destination);
  if (receiver != 0 || link.source == 0) return known(receiver);
  return known(ownerOf(link.source));
}

function ownerOf(mac: usize): u64 {
  return placeOf(PlaceKind.Mac, load<u16>(mac, 4), load<u32>(mac));
}

function known(place: u64): u32 {
  return place == 0 || place == SHARED_PLACE ? NOWHERE : <u32>place;
}

/** Where a frame arrives once its tags are off (src/capture/vlan.ts); what bridges do with tags the host knows. */
function deviceAboveTags(below: u32): u32 {
  if (placeOf(PlaceKind.Bridged, 0, below) != 0) return NOWHERE;
  const bond = <u32>placeOf(PlaceKind.Bond, 0, below);
  let current = bond == 0 ? below : bond;
  for (let i: u32 = 0; i < linkHeader.tagCount; i++) {
    const tag = tagAt(i) & TAG_WITHOUT_PRIORITY;
    const above = <u32>placeOf(PlaceKind.Vlan, current, tag);
    if (above != 0) current = above;
    else if ((tag & VLAN_ID) != 0) return NOWHERE;
  }
  return current;
}

/** Makes the record input at a device: what is zero in most packets is so already. @inline */
function admit(record: InputRecord, at: u32, mtu: u32, family: u8, macLength: u32): Kind {
  const data = record.frame + macLength;
  const captured = record.captured - macLength;
  const length = record.length - macLength;
  if (mtu != 0 && showsOffload(data, captured, family, length, mtu)) return Kind.Asks;
  if (captured >= (family == 4 ? HASHED_BYTES_4 : HASHED_BYTES_6)) record.hash = hashFlow(data, family);
  record.device = at;
  record.macLength = macLength;
  record.length = length;
  record.captured = captured;
  record.family = family;
  return Kind.Input;
}

/** Shortest captured part with both ports, behind a header without options. */
const HASHED_BYTES_4: u32 = 24;
const HASHED_BYTES_6: u32 = 44;
