/**
 * -m physdev (net/netfilter/xt_physdev.c) for packets that did not cross a bridge, which is all that the node handles:
 * true if everything that the rule asks is inverted. `tests` and `inverted` are `PHYSDEV_*` bits.
 */
@unmanaged
export class PhysdevTest {
  tests: u32;
  inverted: u32;
}

export function matchesPhysdev(test: PhysdevTest): bool {
  return (test.tests & ~test.inverted) == 0;
}
