import { nowNs } from "../../packet/clock";
import { CONSULTED_STATE, context } from "../context";

/** -m time (net/netfilter/xt_time.c), by the capture's clock in UTC. All ends are included. */
@unmanaged
export class TimeTest {
  /** Seconds since 1970. */
  dateStart: u32;
  dateStop: u32;
  /** Seconds of the day. */
  timeStart: u32;
  timeStop: u32;
  /** Bit 1 is the first of the month. */
  monthdays: u32;
  /** Bit 1 is Monday. */
  weekdays: u32;
  /** After midnight the day that a night began with counts. */
  contiguous: bool;
}

const SECONDS_PER_DAY: u64 = 86400;
const ALL_MONTHDAYS: u32 = 0xfffffffe;

export function matchesTime(test: TimeTest): bool {
  context.consulted |= CONSULTED_STATE;
  let now = nowNs / 1_000_000_000;
  if (now < test.dateStart || now > test.dateStop) return false;
  const ofDay = <u32>(now % SECONDS_PER_DAY);
  if (test.timeStart < test.timeStop) {
    if (ofDay < test.timeStart || ofDay > test.timeStop) return false;
  } else {
    if (ofDay < test.timeStart && ofDay > test.timeStop) return false;
    if (test.contiguous && ofDay <= test.timeStop) now -= SECONDS_PER_DAY;
  }
  const days = <u32>(now / SECONDS_PER_DAY);
  // The first day of 1970 was a Thursday.
  const weekday = ((days + 3) % 7) + 1;
  if (((test.weekdays >> weekday) & 1) == 0) return false;
  return test.monthdays == ALL_MONTHDAYS || ((test.monthdays >> dayOfMonth(days)) & 1) != 0;
}

/** Day of the month from days since 1970: years are counted from March, so that the leap day ends them. */
function dayOfMonth(days: u32): u32 {
  const sinceMarch = days + 719468;
  const ofEra = sinceMarch % 146097;
  const yearOfEra = (ofEra - ofEra / 1460 + ofEra / 36524 - ofEra / 146096) / 365;
  const dayOfYear = ofEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100);
  const month = (5 * dayOfYear + 2) / 153;
  return dayOfYear - (153 * month + 2) / 5 + 1;
}
