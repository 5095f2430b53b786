import { Packet } from "../../packet/packet";
import { random32 } from "../../packet/random";
import { CONSULTED_STATE, context } from "../context";

/** -m statistic (net/netfilter/xt_statistic.c). The counter is the rule's own and begins anew with it. */
@unmanaged
export class StatisticTest {
  /** random: 31-bit fraction, 0x80000000 is always. */
  probability: u32;
  /** nth: one less than `--every`. */
  every: u32;
  count: u32;
  isNth: bool;
  invert: bool;
}

export function matchesStatistic(_packet: Packet, test: StatisticTest): bool {
  context.consulted |= CONSULTED_STATE;
  if (!test.isNth) return (random32() & 0x7fffffff) < test.probability != test.invert;
  test.count = test.count == test.every ? 0 : test.count + 1;
  return (test.count == 0) != test.invert;
}
