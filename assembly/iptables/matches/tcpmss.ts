import { load16 } from "../../packet/bytes";
import { Packet } from "../../packet/packet";
import { CONSULTED_PAYLOAD, context } from "../context";
import { bytesAt, transportOrDrop, transportPlace } from "../header";

/** -m tcpmss (net/netfilter/xt_tcpmss.c). */
@unmanaged
export class TcpmssTest {
  from: u32;
  to: u32;
  invert: bool;
}

const TCP_HEADER: u32 = 20;
const OPTION_MSS: u32 = 2;
const OPTION_MSS_LENGTH: u32 = 4;

export function matchesTcpmss(packet: Packet, test: TcpmssTest): bool {
  context.consulted |= CONSULTED_PAYLOAD;
  const header = transportOrDrop(packet, TCP_HEADER);
  if (header == 0) return false;
  const headerLength = (<u32>load<u8>(header, 12) >> 4) << 2;
  if (headerLength < TCP_HEADER || transportPlace(packet) + headerLength > packet.length) {
    context.hotdrop = true;
    return false;
  }
  const length = headerLength - TCP_HEADER;
  const options = bytesAt(packet, transportPlace(packet) + TCP_HEADER, length);
  if (options == 0) return false;
  const mss = findMss(options, length);
  return mss < 0 ? test.invert : (<u32>mss >= test.from && <u32>mss <= test.to) != test.invert;
}

/** The value of the MSS option, -1 without. */
function findMss(options: usize, length: u32): i32 {
  for (let i: u32 = 0; i < length; ) {
    const kind: u32 = load<u8>(options + i);
    if (kind == OPTION_MSS && length - i >= OPTION_MSS_LENGTH && load<u8>(options + i, 1) == OPTION_MSS_LENGTH) {
      return load16(options + i + 2);
    }
    if (kind < 2 || i == length - 1) {
      i += 1;
    } else {
      const size: u32 = load<u8>(options + i, 1);
      i += size == 0 ? 1 : size;
    }
  }
  return -1;
}
