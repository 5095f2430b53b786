import { hz, nowTicks } from "../../packet/clock";
import { Packet } from "../../packet/packet";
import { CONSULTED_STATE, context } from "../context";

/** -m limit (net/netfilter/xt_limit.c): a token bucket that the rule owns. */
@unmanaged
export class LimitTest {
  /** When the bucket was last filled, in ticks. */
  previous: u64;
  /** Ten-thousandths of a second between two packets. */
  average: u32;
  burst: u32;
  credit: u32;
  cap: u32;
  cost: u32;
}

/** XT_LIMIT_SCALE. */
const SCALE: u32 = 10000;

/** The rule is new: its bucket is full. */
export function beginLimit(test: LimitTest): void {
  test.previous = nowTicks;
  test.cap = creditsOf(test.average * test.burst);
  test.credit = test.cap;
  test.cost = creditsOf(test.average);
}

export function matchesLimit(_packet: Packet, test: LimitTest): bool {
  context.consulted |= CONSULTED_STATE;
  let credit = test.credit + <u32>(nowTicks - test.previous) * creditsPerTick();
  test.previous = nowTicks;
  if (credit > test.cap) credit = test.cap;
  const isUnder = credit >= test.cost;
  test.credit = isUnder ? credit - test.cost : credit;
  return isUnder;
}

/** CREDITS_PER_JIFFY: so many that one packet a day can be told in 32 bits. */
function creditsPerTick(): u32 {
  const most = 0xffffffff / (hz * 60 * 60 * 24);
  return 1 << (31 - clz(most));
}

/** user2credits(): divides first where the product would overflow. */
function creditsOf(user: u32): u32 {
  const perSecond = hz * creditsPerTick();
  if (user > 0xffffffff / perSecond) return (user / SCALE) * perSecond;
  return (user * perSecond) / SCALE;
}
