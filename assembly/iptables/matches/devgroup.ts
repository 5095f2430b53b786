import { device } from "../../packet/device";
import { context } from "../context";

/** -m devgroup (net/netfilter/xt_devgroup.c). */
@unmanaged
export class DevgroupTest {
  source: u32;
  sourceMask: u32;
  destination: u32;
  destinationMask: u32;
  testsSource: bool;
  testsDestination: bool;
  notSource: bool;
  notDestination: bool;
}

export function matchesDevgroup(test: DevgroupTest): bool {
  if (test.testsSource) {
    const differs = ((test.source ^ device(context.inDevice).group) & test.sourceMask) != 0;
    if (differs != test.notSource) return false;
  }
  if (!test.testsDestination) return true;
  const differs = ((test.destination ^ device(context.outDevice).group) & test.destinationMask) != 0;
  return differs == test.notDestination;
}
