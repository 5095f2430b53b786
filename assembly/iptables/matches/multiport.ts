import { load16 } from "../../packet/bytes";
import { Packet } from "../../packet/packet";
import { transportOrDrop } from "../header";

/**
 * -m multiport (net/netfilter/xt_multiport.c). The ranges follow the record: pairs of u16 in host order, a single port
 * twice.
 */
@unmanaged
export class MultiportTest {
  ranges: u16;
  testsSource: bool;
  testsDestination: bool;
  invert: bool;
}

const RANGES: usize = (offsetof<MultiportTest>() + 1) & ~1;

export function matchesMultiport(packet: Packet, test: MultiportTest): bool {
  if (packet.fragmentOffset != 0) return false;
  const header = transportOrDrop(packet, 4);
  if (header == 0) return false;
  const source = load16(header);
  const destination = load16(header + 2);
  let range = changetype<usize>(test) + RANGES;
  for (let left = test.ranges; left != 0; left--) {
    const from: u32 = load<u16>(range);
    const to: u32 = load<u16>(range, 2);
    if (test.testsSource && source >= from && source <= to) return !test.invert;
    if (test.testsDestination && destination >= from && destination <= to) return !test.invert;
    range += 4;
  }
  return test.invert;
}
