import { PROTO_DCCP, PROTO_SCTP, PROTO_TCP, PROTO_UDP, PROTO_UDPLITE } from "../abi/protocol";
import { Packet } from "../packet/packet";

/** Both addresses of the packet in 64 bits: exact for IPv4, mixed for IPv6. */
export function addressesOf(packet: Packet): u64 {
  const at = packet.source;
  if (packet.family == 4) return load<u64>(at);
  let mixed = load<u64>(at) * 0x9e3779b97f4a7c15;
  mixed = (mixed ^ (mixed >> 32) ^ load<u64>(at, 8)) * 0xbf58476d1ce4e5b9;
  mixed = (mixed ^ (mixed >> 29) ^ load<u64>(at, 16)) * 0x94d049bb133111eb;
  mixed = (mixed ^ (mixed >> 32) ^ load<u64>(at, 24)) * 0x9e3779b97f4a7c15;
  return mixed ^ (mixed >> 31);
}

/** Both ports as they lie in the packet, 0 for protocols without. */
export function portsOf(packet: Packet): u32 {
  const protocol: u32 = packet.protocol;
  const hasPorts =
    protocol == PROTO_TCP ||
    protocol == PROTO_UDP ||
    protocol == PROTO_SCTP ||
    protocol == PROTO_UDPLITE ||
    protocol == PROTO_DCCP;
  return hasPorts ? load<u32>(packet.transport) : 0;
}
