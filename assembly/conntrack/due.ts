import { hz, nowTicks } from "../packet/clock";
import { Entry } from "./entry";
import {
  dueAt,
  NEVER,
  pageDue,
  pageEntries,
  pageEntrySize,
  pageOfEntry,
  pageSeconds,
  pageStart,
  pageTotal,
  setPageDue,
} from "./pool";

/**
 * When to look at which entry. Each has a second in its page (16 bits, 0: none) before which it cannot be over, and the page the
 * earliest of them. Refreshing moves nothing: the entry is looked at when its second has come, and gets a new one.
 *
 * Looking is a pass over the pages for every second in which there are packets: pages whose time has not come are passed by, the
 * seconds of others are compared eight at a time.
 */
const NO_SECOND: u64 = 0xffffffffffffffff;
/** Furthest that a second may lie ahead, as they are compared modulo 2^16. */
const FURTHEST: u64 = 32000;
const LANES: u32 = 8;

/** The second up to which everything was looked at, and the one of the pass under way. */
let done: u64 = NO_SECOND;
let passing: u64 = NO_SECOND;
/** Of the pass: the page that comes next, and in it, the places before which all is done. */
let page: u32 = 0;
let place: u32 = 0;

/** Notes when to look at the entry. */
export function arm(entry: Entry): void {
  const left = <i32>(entry.timeout - <u32>nowTicks);
  let second = (nowTicks + <u64>max<i32>(left, 0)) / hz + 1;
  if (done == NO_SECOND) done = passing = nowTicks / hz;
  const furthest = passing + FURTHEST;
  if (second > furthest) second = furthest;
  store<u16>(dueAt(entry), shortened(second));
  const index = pageOfEntry(entry);
  if (second < pageDue(index)) setPageDue(index, <u32>second);
}

export function disarm(entry: Entry): void {
  store<u16>(dueAt(entry), 0);
}

/** 0 means none. */
function shortened(second: u64): u16 {
  const short = <u16>second;
  return short == 0 ? 1 : short;
}

/** Is there nothing to look at before the next second? */
export function allAreDone(): bool {
  return done == NO_SECOND || nowTicks < (done + 1) * hz;
}

/** Pages that a call of {@link nextDue} passes by, at most. */
const PAGES_A_CALL: u32 = 64;

/**
 * The next entry to look at now, disarmed; 0 when there is none, or (`isPatient`) after so many pages without one.
 * The caller ends it or arms it again.
 */
export function nextDue(isPatient: bool): usize {
  let pages = PAGES_A_CALL;
  while (!allAreDone()) {
    if (passing == done) beginPass();
    for (; page < pageTotal(); page++, place = 0) {
      if (place == 0 && pageDue(page) > passing) {
        if (isPatient && --pages == 0) return 0;
        continue;
      }
      const found = findInPage();
      if (found != 0) return found;
      setPageDue(page, earliestOf(page));
    }
    done = passing;
  }
  return 0;
}

/** After a long gap several passes are needed, each as far as seconds can be compared. */
function beginPass(): void {
  passing = min<u64>(nowTicks / hz, done + FURTHEST);
  page = 0;
  place = 0;
}

const lanes = memory.data(16, 16);

/** The next entry of the page whose second has come; its second is cleared. */
function findInPage(): usize {
  const seconds = pageSeconds(page);
  const now = i16x8.splat(<i16>passing);
  const none = i16x8.splat(0);
  for (; place < pageEntries(page); place += LANES) {
    const due = v128.load(seconds + (place << 1));
    const hits = i16x8.bitmask(v128.and(i16x8.le_s(i16x8.sub(due, now), none), i16x8.ne(due, none)));
    if (hits == 0) continue;
    const found = place + <u32>ctz(hits);
    store<u16>(seconds + (found << 1), 0);
    return pageStart(page) + found * pageEntrySize(page);
  }
  return 0;
}

/** The earliest second of a page in which none is due. */
function earliestOf(page: u32): u32 {
  const seconds = pageSeconds(page);
  const now = i16x8.splat(<i16>passing);
  let nearest = i16x8.splat(-1);
  for (let place: u32 = 0; place < pageEntries(page); place += LANES) {
    const due = v128.load(seconds + (place << 1));
    const ahead = v128.or(i16x8.sub(due, now), i16x8.eq(due, i16x8.splat(0)));
    nearest = i16x8.min_u(nearest, ahead);
  }
  v128.store(lanes, nearest);
  let least: u32 = 0xffff;
  for (let lane: u32 = 0; lane < LANES; lane++) least = min<u32>(least, load<u16>(lanes + (lane << 1)));
  return least == 0xffff ? NEVER : <u32>passing + least;
}
