import { PHYSDEV_BRIDGED, PHYSDEV_IN, PHYSDEV_IS_IN, PHYSDEV_IS_OUT, PHYSDEV_OUT } from "../../abi/rule";
import { Packet } from "../../packet/packet";
import { CONSULTED_LINK, context } from "../context";

/** -m physdev (net/netfilter/xt_physdev.c). `tests` and `inverted` are `PHYSDEV_*` bits. */
@unmanaged
export class PhysdevTest {
  tests: u32;
  inverted: u32;
  /** Bitmaps over device numbers, inversion included; 0 where the rule asks for none. */
  inDevices: usize;
  outDevices: usize;
}

export function matchesPhysdev(packet: Packet, test: PhysdevTest): bool {
  context.consulted |= CONSULTED_LINK;
  // Without a bridge on its way a packet satisfies only what is asked to be false.
  if (packet.bridgeIn == 0) return (test.tests & ~test.inverted) == 0;
  const hasOut = packet.bridgeOut != 0;
  if (!agrees(test, PHYSDEV_BRIDGED, hasOut) || !agrees(test, PHYSDEV_IS_OUT, hasOut)) return false;
  if (!agrees(test, PHYSDEV_IS_IN, true)) return false;
  if (test.tests & PHYSDEV_IN && test.inDevices != 0 && !hasBit(test.inDevices, packet.bridgeIn)) return false;
  if (!(test.tests & PHYSDEV_OUT)) return true;
  return hasOut && (test.outDevices == 0 || hasBit(test.outDevices, packet.bridgeOut));
}

function agrees(test: PhysdevTest, bit: u32, holds: bool): bool {
  return (test.tests & bit) == 0 || holds != ((test.inverted & bit) != 0);
}

function hasBit(bitmap: usize, bit: u32): bool {
  return ((load<u32>(bitmap + ((bit >> 5) << 2)) >> (bit & 31)) & 1) != 0;
}
