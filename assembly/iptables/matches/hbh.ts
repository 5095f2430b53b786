import { PROTO_DSTOPTS, PROTO_HOPOPTS } from "../../abi/protocol";
import { Packet } from "../../packet/packet";
import { context } from "../context";
import { bytesAt } from "../header";
import { findHeader6, headerOrDrop } from "./find-header6";

/**
 * -m hbh and -m dst (net/ipv6/netfilter/ip6t_hbh.c). The options follow the record, two bytes each: type and length,
 * 255 for any length.
 */
@unmanaged
export class OptionsHeaderTest {
  length: u32;
  options: u32;
  testsLength: bool;
  notLength: bool;
  /** Destination options, not hop-by-hop. */
  isDestination: bool;
}

const OPTIONS: usize = (offsetof<OptionsHeaderTest>() + 1) & ~1;
const ANY_LENGTH: u32 = 255;

export function matchesOptionsHeader(packet: Packet, test: OptionsHeaderTest): bool {
  const offset = findHeader6(packet, test.isDestination ? PROTO_DSTOPTS : PROTO_HOPOPTS);
  if (offset == 0) return false;
  const header = headerOrDrop(packet, offset, 2);
  if (header == 0) return false;
  const length = (<u32>load<u8>(header, 1) + 1) << 3;
  if (packet.length - offset < length) {
    context.hotdrop = true;
    return false;
  }
  if (test.testsLength && (test.length == length) == test.notLength) return false;
  return test.options == 0 || matchesOptions(packet, test, offset + 2, length - 2);
}

/** The header begins with these options, one after the other. */
function matchesOptions(packet: Packet, test: OptionsHeaderTest, offset: u32, left: u32): bool {
  let wanted = changetype<usize>(test) + OPTIONS;
  for (let i: u32 = 0; i < test.options; i++) {
    if (left < 1) return false;
    const type = bytesAt(packet, offset, 1);
    if (type == 0 || load<u8>(type) != load<u8>(wanted)) return false;
    let size: u32 = 1;
    if (load<u8>(type) != 0) {
      if (left < 2) return false;
      const length = bytesAt(packet, offset + 1, 1);
      if (length == 0) return false;
      const wantedLength: u32 = load<u8>(wanted, 1);
      if (wantedLength != ANY_LENGTH && wantedLength != load<u8>(length)) return false;
      size = <u32>load<u8>(length) + 2;
    }
    const isLast = i == test.options - 1;
    if (!isLast && (offset > packet.length - size || left < size)) return false;
    offset += size;
    left -= size;
    wanted += 2;
  }
  return true;
}
