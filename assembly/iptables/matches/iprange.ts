import { load32 } from "../../packet/bytes";
import { Packet } from "../../packet/packet";

/** -m iprange (net/netfilter/xt_iprange.c). Addresses lie as in the packet, both ends included. */
@unmanaged
export class IprangeTest {
  sourceFrom0: u64;
  sourceFrom1: u64;
  sourceTo0: u64;
  sourceTo1: u64;
  destinationFrom0: u64;
  destinationFrom1: u64;
  destinationTo0: u64;
  destinationTo1: u64;
  testsSource: bool;
  testsDestination: bool;
  notSource: bool;
  notDestination: bool;
}

const SOURCE: usize = offsetof<IprangeTest>("sourceFrom0");
const DESTINATION: usize = offsetof<IprangeTest>("destinationFrom0");

export function matchesIprange(packet: Packet, test: IprangeTest): bool {
  const at = changetype<usize>(test);
  if (test.testsSource && isWithin(packet, packet.source, at + SOURCE) == test.notSource) return false;
  return !test.testsDestination || isWithin(packet, packet.destination, at + DESTINATION) != test.notDestination;
}

function isWithin(packet: Packet, address: usize, range: usize): bool {
  if (packet.family == 4) {
    const value = load32(address);
    return value >= load32(range) && value <= load32(range + 16);
  }
  return compare6(address, range) >= 0 && compare6(address, range + 16) <= 0;
}

function compare6(a: usize, b: usize): i32 {
  return memory.compare(a, b, 16);
}
