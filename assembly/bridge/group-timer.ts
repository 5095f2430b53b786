import { nowTicks } from "../packet/clock";
import { slotEnd, wheelLevel } from "../packet/timer-wheel";

/**
 * Timers of multicast snooping. They only end things, so nothing has to run when they do: who asks looks at the clock. `at` is
 * where the 16 bytes of one lie: the tick that it is for, and the one at which its slot of the timer wheel ends.
 */
export const GROUP_TIMER_SIZE: usize = 16;

/** mod_timer() */
export function armTimer(at: usize, ticks: u64): void {
  const expires = nowTicks + ticks;
  store<u64>(at, expires);
  store<u64>(at, slotEnd(expires, wheelLevel(ticks)), 8);
}

/** timer_pending() */
export function isPending(at: usize): bool {
  return load<u64>(at, 8) > nowTicks;
}

/** Lets it end that soon, unless it does sooner anyway. One that does not run begins. */
export function shortenTimer(at: usize, ticks: u64): void {
  if (!isPending(at) || load<u64>(at) > nowTicks + ticks) armTimer(at, ticks);
}
