import { load16 } from "../../packet/bytes";
import { Packet } from "../../packet/packet";
import { transportOrDrop } from "../header";

/** -m udp (net/netfilter/xt_tcpudp.c: udp_mt). Ports in host order, both ends included. */
@unmanaged
export class UdpTest {
  sourceFrom: u16;
  sourceTo: u16;
  destinationFrom: u16;
  destinationTo: u16;
  notSource: bool;
  notDestination: bool;
}

export function matchesUdp(packet: Packet, test: UdpTest): bool {
  if (packet.fragmentOffset != 0) return false;
  const header = transportOrDrop(packet, 8);
  if (header == 0) return false;
  const source = load16(header);
  if ((source >= test.sourceFrom && source <= test.sourceTo) == test.notSource) return false;
  const destination = load16(header + 2);
  return (destination >= test.destinationFrom && destination <= test.destinationTo) != test.notDestination;
}
