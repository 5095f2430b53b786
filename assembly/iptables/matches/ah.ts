import { PROTO_AH } from "../../abi/protocol";
import { load16, load32 } from "../../packet/bytes";
import { extensionSize, Packet } from "../../packet/packet";
import { CONSULTED_PAYLOAD, context } from "../context";
import { transportOrDrop } from "../header";
import { hasSpi, SpiTest } from "./esp";
import { findHeader6, headerOrDrop } from "./find-header6";

const AUTH_HEADER: u32 = 12;

/** -m ah (net/ipv4/netfilter/ipt_ah.c, net/ipv6/netfilter/ip6t_ah.c). */
export function matchesAh(packet: Packet, test: SpiTest): bool {
  context.consulted |= CONSULTED_PAYLOAD;
  return packet.family == 4 ? matchesAh4(packet, test) : matchesAh6(packet, test);
}

function matchesAh4(packet: Packet, test: SpiTest): bool {
  if (packet.fragmentOffset != 0) return false;
  const header = transportOrDrop(packet, AUTH_HEADER);
  return header != 0 && hasSpi(load32(header + 4), test);
}

function matchesAh6(packet: Packet, test: SpiTest): bool {
  const offset = findHeader6(packet, PROTO_AH);
  if (offset == 0) return false;
  const header = headerOrDrop(packet, offset, AUTH_HEADER);
  if (header == 0) return false;
  const length = extensionSize(PROTO_AH, header);
  if (packet.length - offset < length) {
    context.hotdrop = true;
    return false;
  }
  if (!hasSpi(load32(header + 4), test)) return false;
  if (test.length != 0 && (test.length == length) == test.notLength) return false;
  return !test.reserved || load16(header + 2) == 0;
}
