import { PROTO_NONE } from "../../abi/protocol";
import { Packet } from "../../packet/packet";
import { CONSULTED_PAYLOAD, context } from "../context";
import { transportOrDrop } from "../header";

/** -m mh (net/ipv6/netfilter/ip6t_mh.c): types of the mobility header, both ends included. */
@unmanaged
export class MhTest {
  from: u8;
  to: u8;
  invert: bool;
}

export function matchesMh(packet: Packet, test: MhTest): bool {
  if (packet.fragmentOffset != 0) return false;
  context.consulted |= CONSULTED_PAYLOAD;
  const header = transportOrDrop(packet, 6);
  if (header == 0) return false;
  if (load<u8>(header) != <u8>PROTO_NONE) {
    context.hotdrop = true;
    return false;
  }
  const type = load<u8>(header, 2);
  return (type >= test.from && type <= test.to) != test.invert;
}
