import { PROTO_TCP } from "../abi/protocol";
import { laneOf, MAX_BATCH, macOf, nextPlace, placesBetween, referenceOf } from "../ahead";
import { ENTRY_ACCOUNTED, Entry, flowHead, STATUS_BITS } from "../conntrack/entry";
import {
  countBelow,
  keepAlive,
  mayCountBelow,
  NOT_TRACKED,
  trackDatagram,
  trackSegment,
  verifiesInLane,
} from "../conntrack/index";
import { TcpEntry } from "../conntrack/tcp-entry";
import { UdpEntry } from "../conntrack/udp";
import { isSole, soleShortcutOf } from "../iptables/flow-head";
import { Shortcut } from "../iptables/shortcut";
import { ipvsActive } from "../ipvs/index";
import { advanceInTick } from "../packet/clock";
import { config } from "../packet/config";
import { InputRecord } from "../packet/input-record";
import { ENDING_SIZE, Ending, endings, frames, OUTPUT_FRAME_SIZE, OutputFrame } from "../trace/output";
import { PathCount } from "../trace/path-counts";
import { adjusted, adjustTransport, ETHERNET, HOP_CHANGE, keyForAll, laneOpening } from "./express";

/**
 * The express lane's innermost: whole IPv4 packets of up to 1 KiB with a shortcut that others have taken since the lane was opened
 * (`vouch`). It does what {@link express4} does, which gets all that is not like that. Nothing in it is a call, as the engine
 * keeps in memory what is alive across one, made or not (measured: bench/NOTES.md).
 */

const IPV4: u32 = 20;
/** Bytes of a packet from which on all of its first 32 are. */
const SHORTEST: u32 = 32;
const SHORT: u32 = 64;
/** What may be read or written behind a packet: it is taken in pieces of 16 bytes, three of them at least. */
const LANES: u32 = 48;
/** Room for a frame, beside the packet itself. */
const FRAME_ROOM: u32 = OUTPUT_FRAME_SIZE + 16 + LANES;
/** Added to a length, as words lie in memory and sums go: 20 less. */
const NO_HEADER: u32 = 0xebff;
/** Two folded sums, each of a right checksum. */
const SOUND: u64 = 0x0000ffff0000ffff;
/** 16 bytes of ones, then 16 of zeros. */
const ones = memory.data(32, 16);
memory.fill(ones, 0xff, 16);

/** May packets be tried here? */
export let isPlainOpen: bool = false;
/** Up to here a packet may reach. */
let readable: usize = 0;

/** Makes room for a batch of plain packets: for their endings whatever comes, for frames as long as they are short. */
export function makeRoom(): void {
  frames.reserve(MAX_BATCH * (FRAME_ROOM + SHORT));
  endings.reserve(MAX_BATCH * ENDING_SIZE);
}

/** A chunk begins. */
export function beginPlain(): void {
  // What listeners have not heard of a connection yet is told by a walk.
  isPlainOpen = config.conntrackActive4 != 0 && !ipvsActive(4) && !config.listensEvents;
  readable = ((<usize>memory.size()) << 16) - LANES;
}

/** Of the last {@link runPlain}: how many packets it sent, the last one's record, and its entry if that is to be hastened, else 0. */
export let plainCount: u32 = 0;
export let plainLast: usize = 0;
export let hastening: usize = 0;

/**
 * Sends packets on their way as long as they are plain, come in the present tick, and hasten nothing.
 *
 * @param end where the records end that were looked at ahead.
 * @param place what was found of the first one.
 * @returns the first record that was not sent.
 */
export function runPlain(first: usize, end: usize, place: usize): usize {
  let at = first;
  let last = first;
  let found = place;
  hastening = 0;
  let frame = frames.start + frames.used;
  const frameEnd = frames.start + frames.capacity - FRAME_ROOM;
  let ending = endings.start + endings.used;
  while (at < end) {
    const record = changetype<InputRecord>(at);
    const reference = referenceOf(found);
    if (reference == 0) break;
    if (laneOf(found) != 4) break;
    const mac = macOf(found);
    const ct = reference & ~1;
    const direction: u32 = <u32>reference & 1;
    const data = mac + ETHERNET;
    const entry = changetype<Entry>(ct);
    const own = ct + direction * 12;
    if (load<u64>(own) != load<u64>(data, 12)) break;
    if (load<u32>(own, 8) != load<u32>(data, 20)) break;
    const protocol: u32 = load<u8>(data, 9);
    if (load<u16>(ct, offsetof<Entry>("protocol")) != <u16>(protocol | (4 << 8))) break;
    if (entry.isExpired) break;

    const status: u32 = entry.status;
    if (status & ENTRY_ACCOUNTED) {
      if (!mayCountBelow(entry, direction)) break;
    }
    const head = flowHead(ct, direction);
    if (!isSole(head)) break;
    const shortcut = soleShortcutOf(head);
    const known = changetype<Shortcut>(shortcut);
    if (known.vouched != laneOpening) break;
    // A direction's shortcut is of its packets' ctinfo, and has been asked for all that a status has to be.
    if (known.sameForAll != keyForAll(record.device, status & STATUS_BITS, load<u8>(data, 1))) break;
    if (known.ctMark != entry.mark) break;
    if (known.mac != load<u64>(mac) << 16) break;

    const stated: u32 = load<u16>(data, 2);
    const length = ((stated * 0x10001) >> 8) & 0xffff;
    if (length > record.captured) break;
    if (length > record.length) break;
    if (length < SHORTEST) break;
    if (length > known.longest) break;
    if (data + length > readable) break;
    if (frame + length > frameEnd) break;

    const first = v128.load(data);
    const second = v128.load(data, 16);
    const third = v128.load(data, 32);
    const sums = sumBoth(data, first, second, third, length, (protocol << 8) + stated);
    if (sums != SOUND) {
      if (<u32>sums != <u32>SOUND) break;
      if (verifiesInLane && (protocol == PROTO_TCP || load<u16>(data, IPV4 + 6) != 0)) break;
    }
    if (!advanceInTick(record.timeNs)) break;

    const transport = data + IPV4;
    let ticks: u32;
    if (protocol == PROTO_TCP) {
      if (length < IPV4 + 20) break;
      if (known.flagsKeyed) {
        if (known.tcpFlags != load<u8>(transport, 13)) break;
      }
      ticks = trackSegment(changetype<TcpEntry>(ct), direction, data, IPV4, length, length, true);
    } else {
      ticks = trackDatagram(changetype<UdpEntry>(ct), data, IPV4, length, length, true);
    }
    if (ticks == NOT_TRACKED) break;
    if (status & ENTRY_ACCOUNTED) countBelow(entry, direction, length);

    const count = changetype<PathCount>(known.count);
    count.packets += 1;
    count.bytes += length;
    const linkLength: u32 = known.linkLength;
    const size = (OUTPUT_FRAME_SIZE + linkLength + length + 7) & ~7;
    writeHead(changetype<OutputFrame>(frame), record, size, linkLength + length, known.outDevice);
    const link = frame + OUTPUT_FRAME_SIZE;
    v128.store(link, v128.load(shortcut, offsetof<Shortcut>("link0")));
    const out = link + linkLength;
    v128.store(out, first);
    v128.store(out, second, 16);
    v128.store(out, third, 32);
    for (let i: u32 = 48; i < length; i += 16) v128.store(out + i, v128.load(data + i));

    store<u8>(out, load<u8>(data, 8) - 1, 8);
    let change = HOP_CHANGE;
    if (known.isTranslated) {
      const from = load<u64>(data, 12);
      const fromPorts = load<u32>(data, 20);
      const other = ct + (12 - direction * 12);
      const to = rotl<u64>(load<u64>(other), 32);
      const ports = rotl<u32>(load<u32>(other, 8), 16);
      const moved = (~from & 0xffffffff) + (~from >> 32) + (to & 0xffffffff) + (to >> 32);
      change += moved;
      store<u64>(out, to, 12);
      store<u32>(out, ports, IPV4);
      adjustTransport(transport, out + IPV4, protocol, moved + ~fromPorts + ports);
    }
    store<u16>(out, adjusted(load<u16>(data, 10), change), 10);

    store<u32>(ending, record.number);
    const same = v128.load(shortcut, offsetof<Shortcut>("endingPath"));
    v128.store(ending, i32x4.replace_lane(same, 1, length), offsetof<Ending>("path"));

    ending += ENDING_SIZE;
    frame += size;
    last = at;
    at += record.size;
    found = nextPlace(found);
    if (keepAlive(entry, ticks)) {
      hastening = ct;
      break;
    }
  }
  frames.used = <u32>(frame - frames.start);
  endings.used = <u32>(ending - endings.start);
  plainCount = placesBetween(place, found);
  plainLast = last;
  return at;
}

/** @inline */
function writeHead(frame: OutputFrame, record: InputRecord, size: u32, length: u32, device: u32): void {
  frame.size = size;
  frame.length = length;
  frame.originalLength = length;
  frame.number = record.number;
  frame.timeNs = record.timeNs;
  frame.device = device;
}

/**
 * Both checksums of a packet at once: the sum of the IP header in the lower half, of what follows with its pseudo-header in the
 * upper, folded. {@link SOUND} are two that are right.
 *
 * @param pseudo protocol and stated length, as words lie in memory: the pseudo-header has the length without the header.
 * @inline
 */
function sumBoth(data: usize, first: v128, second: v128, third: v128, length: u32, pseudo: u32): u64 {
  const zero = i64x2.splat(0);
  const firsts = i32x4.extadd_pairwise_i16x8_u(first);
  const seconds = i32x4.extadd_pairwise_i16x8_u(second);
  // The addresses, the last of the first four words and the first of the second, are of both sums.
  const heads = i32x4.add(firsts, v128.shuffle<u32>(zero, seconds, 1, 2, 3, 4));
  let rest = i32x4.add(seconds, v128.shuffle<u32>(firsts, zero, 3, 4, 5, 6));
  if (length <= 48) {
    rest = i32x4.add(rest, i32x4.extadd_pairwise_i16x8_u(v128.and(third, v128.load(ones + 48 - length))));
  } else {
    rest = i32x4.add(rest, i32x4.extadd_pairwise_i16x8_u(third));
    const whole = length & ~15;
    for (let i: u32 = 48; i < whole; i += 16) {
      rest = i32x4.add(rest, i32x4.extadd_pairwise_i16x8_u(v128.load(data + i)));
    }
    const last = v128.and(v128.load(data + whole), v128.load(ones + 16 - (length & 15)));
    rest = i32x4.add(rest, i32x4.extadd_pairwise_i16x8_u(last));
  }
  const pairs = i32x4.add(v128.shuffle<u32>(heads, rest, 0, 4, 1, 5), v128.shuffle<u32>(heads, rest, 2, 6, 3, 7));
  let both = <u64>i64x2.extract_lane(i32x4.add(pairs, v128.shuffle<u32>(pairs, pairs, 2, 3, 0, 1)), 0);
  both += (<u64>(pseudo + NO_HEADER)) << 32;
  return (both & SOUND) + ((both >> 16) & SOUND);
}
