import { PacketType } from "../../abi/netfilter";
import { Packet } from "../../packet/packet";
import { CONSULTED_LINK, context } from "../context";

/** -m pkttype (net/netfilter/xt_pkttype.c). */
@unmanaged
export class PkttypeTest {
  type: u8;
  invert: bool;
}

export function matchesPkttype(packet: Packet, test: PkttypeTest): bool {
  context.consulted |= CONSULTED_LINK;
  return (typeOf(packet) == test.type) != test.invert;
}

/** Looped copies of what the node itself sent to many count as what they were sent as. */
function typeOf(packet: Packet): u8 {
  if (packet.packetType != <u8>PacketType.Loopback) return packet.packetType;
  const isMulticast = packet.family == 6 || (load<u8>(packet.data, 16) & 0xf0) == 0xe0;
  return <u8>(isMulticast ? PacketType.Multicast : PacketType.Broadcast);
}
