import { load16, load32 } from "../../packet/bytes";
import { Packet } from "../../packet/packet";
import { CONSULTED_PAYLOAD, context } from "../context";
import { transportOrDrop } from "../header";

/** -m esp, -m ah and -m ipcomp: a range of SPIs or CPIs, both ends included. */
@unmanaged
export class SpiTest {
  from: u32;
  to: u32;
  /** IPv6 AH: length of the header in bytes; 0 is not tested. */
  length: u32;
  notSpi: bool;
  notLength: bool;
  /** IPv6 AH: the reserved field is zero. */
  reserved: bool;
}

/** net/netfilter/xt_esp.c. */
export function matchesEsp(packet: Packet, test: SpiTest): bool {
  if (packet.fragmentOffset != 0) return false;
  context.consulted |= CONSULTED_PAYLOAD;
  const header = transportOrDrop(packet, 8);
  return header != 0 && hasSpi(load32(header), test);
}

/** net/netfilter/xt_ipcomp.c. */
export function matchesIpcomp(packet: Packet, test: SpiTest): bool {
  if (packet.fragmentOffset != 0) return false;
  context.consulted |= CONSULTED_PAYLOAD;
  const header = transportOrDrop(packet, 4);
  return header != 0 && hasSpi(load16(header + 2), test);
}

export function hasSpi(spi: u32, test: SpiTest): bool {
  return (spi >= test.from && spi <= test.to) != test.notSpi;
}
