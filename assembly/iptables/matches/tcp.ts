import { load16 } from "../../packet/bytes";
import { Packet } from "../../packet/packet";
import { CONSULTED_PAYLOAD, CONSULTED_TCP_FLAGS, context } from "../context";
import { bytesAt, transportOrDrop } from "../header";

/** -m tcp (net/netfilter/xt_tcpudp.c: tcp_mt). Ports in host order, both ends included. */
@unmanaged
export class TcpTest {
  sourceFrom: u16;
  sourceTo: u16;
  destinationFrom: u16;
  destinationTo: u16;
  flagMask: u8;
  flagCompare: u8;
  /** Kind of the option to look for, 0 for none. */
  option: u8;
  notSource: bool;
  notDestination: bool;
  notFlags: bool;
  notOption: bool;
}

const TCP_HEADER: u32 = 20;

export function matchesTcp(packet: Packet, test: TcpTest): bool {
  if (packet.fragmentOffset != 0) {
    // An IPv4 fragment that begins 8 bytes into the header could overwrite the flags.
    if (packet.family == 4 && packet.fragmentOffset == 8) context.hotdrop = true;
    return false;
  }
  const header = transportOrDrop(packet, TCP_HEADER);
  if (header == 0) return false;
  const source = load16(header);
  if ((source >= test.sourceFrom && source <= test.sourceTo) == test.notSource) return false;
  const destination = load16(header + 2);
  if ((destination >= test.destinationFrom && destination <= test.destinationTo) == test.notDestination) return false;
  if (test.flagMask != 0) context.consulted |= CONSULTED_TCP_FLAGS;
  if (((load<u8>(header, 13) & test.flagMask) == test.flagCompare) == test.notFlags) return false;
  return test.option == 0 || matchesOption(packet, header, test);
}

function matchesOption(packet: Packet, header: usize, test: TcpTest): bool {
  context.consulted |= CONSULTED_PAYLOAD;
  const headerLength = (<u32>load<u8>(header, 12) >> 4) << 2;
  if (headerLength < TCP_HEADER) {
    context.hotdrop = true;
    return false;
  }
  const length = headerLength - TCP_HEADER;
  if (length == 0) return test.notOption;
  const offset = packet.transportOffset + TCP_HEADER;
  if (offset + length > packet.length) {
    context.hotdrop = true;
    return false;
  }
  const options = bytesAt(packet, offset, length);
  return options != 0 && hasOption(options, length, test.option) != test.notOption;
}

/** tcp_find_option(): a length of zero steps one byte on, as the kernel does. */
function hasOption(options: usize, length: u32, wanted: u32): bool {
  for (let i: u32 = 0; i < length; ) {
    const kind: u32 = load<u8>(options + i);
    if (kind == wanted) return true;
    if (kind < 2 || i == length - 1) {
      i += 1;
    } else {
      const size: u32 = load<u8>(options + i, 1);
      i += size == 0 ? 1 : size;
    }
  }
  return false;
}
