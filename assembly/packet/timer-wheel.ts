/**
 * When the kernel runs a timer (kernel/time/timer.c: calc_wheel_index): with the slot of its wheel, which is as wide as an eighth
 * to a 64th of the time to wait. Timers of one slot run in the reverse of the order in which they came into it, for slots are filled
 * at their heads, and of slots that end together the widest comes first. Where slots begin depends on when the node booted; here, on
 * the capture's clock.
 */

/** Which slots a timer takes that is `ticks` ahead: those of level n are 8 to the power of n ticks wide. */
export function wheelLevel(ticks: u64): u32 {
  const quotient = ticks / 63;
  return quotient == 0 ? 0 : (63 - <u32>clz<u64>(quotient)) / 3 + 1;
}

/** The tick at which the slot ends that a timer for `tick` is in. */
export function slotEnd(tick: u64, level: u32): u64 {
  const shift = <u64>level * 3;
  return ((tick >> shift) + 1) << shift;
}
