import { forgetFlow } from "../iptables/flow-memory";
import { allocate } from "../memory/allocate";
import { COLD_SIZE, coldOf, ENTRY_SIZE, ENTRY_SIZE_6, Entry, PAGE_ENTRIES_4, PAGE_ENTRIES_6, PAGE_SIZE } from "./entry";

/**
 * Memory of entries: pages of 64 KiB at addresses that are multiples of 64 KiB, each for one family, so that an entry's
 * cold part is found from its address alone. Free entries are linked through their first word.
 */
const PAGES_A_BLOCK: usize = 16;

let blockNext: usize = 0;
let blockEnd: usize = 0;
let free4: usize = 0;
let free6: usize = 0;

/** Addresses of all pages; bit 0 is set for IPv6. */
let pages: usize = 0;
let pageCount: u32 = 0;
let pageCapacity: u32 = 0;

/** Entries taken and not given back, confirmed or not (net->ct.count). */
let live: u32 = 0;

export function liveEntries(): u32 {
  return live;
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
  memory.fill(at, 0, family == 4 ? ENTRY_SIZE : ENTRY_SIZE_6);
  const entry = changetype<Entry>(at);
  entry.family = <u8>family;
  memory.fill(changetype<usize>(coldOf(entry)), 0, COLD_SIZE);
  return entry;
}

export function giveEntry(entry: Entry): void {
  const at = changetype<usize>(entry);
  live -= 1;
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

/** Number of entries that the pages have room for, and the entry at such a place: for walks over all of them. */
export function pageTotal(): u32 {
  return pageCount;
}

/** First entry of a page. */
export function pageStart(page: u32): usize {
  return load<usize>(pages + (page << 2)) & ~1;
}

export function pageEntrySize(page: u32): usize {
  return load<usize>(pages + (page << 2)) & 1 ? ENTRY_SIZE_6 : ENTRY_SIZE;
}

export function pageEntries(page: u32): u32 {
  return <u32>(load<usize>(pages + (page << 2)) & 1 ? PAGE_ENTRIES_6 : PAGE_ENTRIES_4);
}

function addPage(family: u32): void {
  if (blockNext == blockEnd) {
    // The first block is small: most runs need one page a family.
    const count: usize = blockEnd == 0 ? 2 : PAGES_A_BLOCK;
    const block = allocate((count + 1) * PAGE_SIZE);
    blockNext = (block + PAGE_SIZE - 1) & ~(PAGE_SIZE - 1);
    blockEnd = blockNext + count * PAGE_SIZE;
  }
  const page = blockNext;
  blockNext += PAGE_SIZE;
  notePage(page | (family == 4 ? 0 : 1));
  const size = family == 4 ? ENTRY_SIZE : ENTRY_SIZE_6;
  const count = family == 4 ? PAGE_ENTRIES_4 : PAGE_ENTRIES_6;
  // Linked so that entries are taken in the order of their addresses.
  for (let i = count; i != 0; i--) {
    const at = page + (i - 1) * size;
    if (family == 4) {
      store<usize>(at, free4);
      free4 = at;
    } else {
      changetype<Entry>(at).family = 6;
      store<usize>(at, free6);
      free6 = at;
    }
  }
}

function notePage(page: usize): void {
  if (pageCount == pageCapacity) {
    const capacity: u32 = pageCapacity == 0 ? 64 : pageCapacity * 2;
    const moved = allocate(capacity << 2);
    memory.copy(moved, pages, pageCount << 2);
    if (pages != 0) heap.free(pages);
    pages = moved;
    pageCapacity = capacity;
  }
  store<usize>(pages + (pageCount << 2), page);
  pageCount += 1;
}
