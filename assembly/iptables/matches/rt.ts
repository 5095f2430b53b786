import { PROTO_ROUTING } from "../../abi/protocol";
import { sameAddress } from "../../packet/bytes";
import { Packet } from "../../packet/packet";
import { context } from "../context";
import { findHeader6, headerOrDrop } from "./find-header6";

/** -m rt (net/ipv6/netfilter/ip6t_rt.c). The addresses follow the record, 16 bytes each. */
@unmanaged
export class RtTest {
  segmentsFrom: u32;
  segmentsTo: u32;
  length: u32;
  addresses: u32;
  type: u32;
  testsType: bool;
  testsLength: bool;
  notType: bool;
  notLength: bool;
  notSegments: bool;
  /** The reserved field is zero. */
  reserved: bool;
  /** The addresses come in this order, others may stand between them. */
  notStrict: bool;
}

const ADDRESSES: usize = (offsetof<RtTest>() + 7) & ~7;

export function matchesRt(packet: Packet, test: RtTest): bool {
  const offset = findHeader6(packet, PROTO_ROUTING);
  if (offset == 0) return false;
  const header = headerOrDrop(packet, offset, 4);
  if (header == 0) return false;
  const length = (<u32>load<u8>(header, 1) + 1) << 3;
  if (packet.length - offset < length) {
    context.hotdrop = true;
    return false;
  }
  const segments: u32 = load<u8>(header, 3);
  if ((segments >= test.segmentsFrom && segments <= test.segmentsTo) == test.notSegments) return false;
  if (test.testsLength && (test.length == length) == test.notLength) return false;
  if (test.testsType && (test.type == load<u8>(header, 2)) == test.notType) return false;
  if (test.reserved) {
    const field = headerOrDrop(packet, offset + 4, 4);
    if (field == 0 || load<u32>(field) != 0) return false;
  }
  return test.addresses == 0 || matchesAddresses(packet, test, offset + 8, (length - 8) >> 4);
}

function matchesAddresses(packet: Packet, test: RtTest, offset: u32, count: u32): bool {
  if (test.addresses > count) return false;
  let wanted = changetype<usize>(test) + ADDRESSES;
  let found: u32 = 0;
  for (let i: u32 = 0; i < count && found < test.addresses; i++) {
    const address = headerOrDrop(packet, offset + (i << 4), 16);
    if (address == 0) return false;
    if (sameAddress(address, wanted)) {
      found += 1;
      wanted += 16;
    } else if (!test.notStrict) {
      return false;
    }
  }
  return found == test.addresses && (test.notStrict || test.addresses == count);
}
