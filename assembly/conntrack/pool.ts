import { forgetFlow } from "../iptables/flow-memory";
import { clearBytes } from "../memory/copy";
import { PagedArray } from "../memory/paged-array";
import { PAGE, takePages } from "../memory/pages";
import {
  COLD_SIZE,
  coldOf,
  ENTRY_SIZE,
  ENTRY_SIZE_6,
  Entry,
  PAGE_ENTRIES_4,
  PAGE_ENTRIES_6,
  PAGE_NUMBER,
  PAGE_SECONDS_4,
  PAGE_SECONDS_6,
} from "./entry";

/** Memory of entries: pages that each hold one family. Free entries are linked through their first word. */
let free4: usize = 0;
let free6: usize = 0;

/** What is known of a page, 8 bytes in {@link pages}. */
@unmanaged
class EntryPage {
  /** Its address; bit 0 is set for IPv6. */
  start: usize;
  /** The earliest second in which one of its entries is looked at, {@link NEVER} for none. */
  due: u32;
}

export const NEVER: u32 = 0xffffffff;

const pages = PagedArray.create(3);
let pageCount: u32 = 0;

/** Entries taken and not given back, confirmed or not (net->ct.count); all that were ever taken, and given back. */
let live: u32 = 0;
let taken: u64 = 0;
let given: u64 = 0;

export function liveEntries(): u32 {
  return live;
}

export function takenEntries(): u64 {
  return taken;
}

export function givenEntries(): u64 {
  return given;
}

/** A zeroed entry of a family. */
export function takeEntry(family: u32): Entry {
  let at = family == 4 ? free4 : free6;
  if (at == 0) {
    addPage(family);
    at = family == 4 ? free4 : free6;
  }
  if (family == 4) free4 = load<usize>(at);
  else free6 = load<usize>(at);
  live += 1;
  taken += 1;
  clearBytes(at, family == 4 ? ENTRY_SIZE : ENTRY_SIZE_6);
  const entry = changetype<Entry>(at);
  entry.family = <u8>family;
  clearCold(changetype<usize>(coldOf(entry)));
  return entry;
}

export function giveEntry(entry: Entry): void {
  const at = changetype<usize>(entry);
  live -= 1;
  given += 1;
  entry.status = 0;
  forgetFlow(entry.originalFlowMemory);
  forgetFlow(entry.replyFlowMemory);
  if (entry.family == 4) {
    store<usize>(at, free4);
    free4 = at;
  } else {
    store<usize>(at, free6);
    free6 = at;
  }
}

function clearCold(at: usize): void {
  v128.store(at, i64x2.splat(0));
  store<u16>(at, 0, 16);
}

/** Number of pages: for walks over all entries. */
export function pageTotal(): u32 {
  return pageCount;
}

/** First entry of a page. */
export function pageStart(page: u32): usize {
  return pageAt(page).start & ~1;
}

export function pageEntrySize(page: u32): usize {
  return pageAt(page).start & 1 ? ENTRY_SIZE_6 : ENTRY_SIZE;
}

export function pageEntries(page: u32): u32 {
  return pageAt(page).start & 1 ? PAGE_ENTRIES_6 : PAGE_ENTRIES_4;
}

/** Where the seconds of its entries lie. */
export function pageSeconds(page: u32): usize {
  return pageStart(page) + (pageAt(page).start & 1 ? PAGE_SECONDS_6 : PAGE_SECONDS_4);
}

export function pageDue(page: u32): u32 {
  return pageAt(page).due;
}

export function setPageDue(page: u32, second: u32): void {
  pageAt(page).due = second;
}

/** Number of the page that an entry lies in. */
export function pageOfEntry(entry: Entry): u32 {
  return load<u32>(changetype<usize>(entry) & ~(PAGE - 1), PAGE_NUMBER);
}

/** Where the second of an entry lies. */
export function dueAt(entry: Entry): usize {
  const at = changetype<usize>(entry);
  const page = at & ~(PAGE - 1);
  const offset = at & (PAGE - 1);
  if (entry.family == 4) return page + PAGE_SECONDS_4 + ((offset / ENTRY_SIZE) << 1);
  return page + PAGE_SECONDS_6 + ((offset / ENTRY_SIZE_6) << 1);
}

function pageAt(page: u32): EntryPage {
  return changetype<EntryPage>(pages.at(page));
}

function addPage(family: u32): void {
  const start = takePages(1);
  pages.reserve(pageCount + 1);
  const page = pageAt(pageCount);
  page.start = start | (family == 4 ? 0 : 1);
  page.due = NEVER;
  store<u32>(start, pageCount, PAGE_NUMBER);
  pageCount += 1;
  const size = family == 4 ? ENTRY_SIZE : ENTRY_SIZE_6;
  // Linked so that entries are taken in the order of their addresses.
  for (let i = pageEntries(pageCount - 1); i != 0; i--) {
    const at = start + (i - 1) * size;
    changetype<Entry>(at).family = <u8>family;
    if (family == 4) {
      store<usize>(at, free4);
      free4 = at;
    } else {
      store<usize>(at, free6);
      free6 = at;
    }
  }
}

assert(COLD_SIZE == 18);
