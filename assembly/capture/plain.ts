import { PROTO_TCP, PROTO_UDP } from "../abi/protocol";
import { hashPlainFlow } from "../conntrack/index";
import { MAC_MASK } from "../ip/link";
import { foldRaw } from "../packet/checksum";
import { INPUT_RECORD_SIZE, InputRecord } from "../packet/input-record";
import { Kind } from "./arrive";
import { PlainInterface } from "./plain-interface";

const ETHERNET: u32 = 14;
const IPV4_HEADER: u32 = 20;
/** As they lie in memory: the ethertype; version, and length of a header without options; more fragments, or an offset. */
const ETH_P_IP: u32 = 0x0008;
const VERSION_LENGTH: u32 = 0x45;
const FRAGMENT: u32 = 0xff3f;

/**
 * Is a frame one that most are like: TCP or UDP in IPv4 in Ethernet, no options, no fragment, not sent by the node, no trace of
 * offloading? `judge` in arrive.ts would let it in. Tests stand beside each other, so that all cost one branch.
 *
 * @param frame at least the `least` bytes of the interface were captured. @inline
 */
export function isPlain(frame: usize, from: PlainInterface): bool {
  const ip = frame + ETHERNET;
  const protocol: u32 = load<u8>(ip, 9);
  const transport = <u32>bswap<u16>(load<u16>(ip, 2)) - IPV4_HEADER;
  const other =
    (<u32>load<u16>(frame, 12) ^ ETH_P_IP) |
    (<u32>load<u8>(ip) ^ VERSION_LENGTH) |
    (<u32>load<u16>(ip, 6) & FRAGMENT) |
    u32((load<u64>(frame, 6) & MAC_MASK) == from.mac) |
    u32(transport > from.mostTransport) |
    (u32(protocol != PROTO_TCP) & u32(protocol != PROTO_UDP));
  // Where their checksums lie: 36 and 26, for the protocols 6 and 17. A checksum that is only begun is the pseudo-header's sum.
  const checksum = load<u16>(ip + 36 - 10 * (protocol >> 4));
  const sum = <u64>load<u32>(ip, 12) + load<u32>(ip, 16) + (protocol << 8) + bswap<u16>(<u16>transport);
  return (other | u32(foldRaw(sum) == checksum)) == 0;
}

/** Writes the record of a plain packet as `arrive` makes it. @inline */
export function writePlain(
  record: InputRecord,
  number: u32,
  time: u64,
  frame: usize,
  captured: u32,
  length: u32,
  from: PlainInterface,
  piece: u32,
): void {
  record.timeNs = time;
  record.hash = hashPlainFlow(frame + ETHERNET);
  record.size = INPUT_RECORD_SIZE;
  record.number = number;
  record.device = from.device;
  record.macLength = ETHERNET;
  record.length = max(length, captured) - ETHERNET;
  record.captured = captured - ETHERNET;
  record.frame = frame;
  record.source = from.source;
  record.piece = piece;
  // Family and kind; what lies between is zero.
  store<u64>(changetype<usize>(record) + FAMILY, PLAIN);
}

const FAMILY = offsetof<InputRecord>("family");
const PLAIN: u64 = 4 | ((<u64>Kind.Input) << (8 * (offsetof<InputRecord>("kind") - offsetof<InputRecord>("family"))));
