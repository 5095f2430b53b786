/**
 * Linear memory in pages of 64 KiB, the unit in which it grows. All of it that is not static data is handed out here: in runs
 * of pages, which come back zeroed and begin on a multiple of 64 KiB.
 *
 * Memory grows to four times of what it was: every growth, however small, costs the engine a collection of garbage, and the host its
 * views; pages that nobody has written take nothing but addresses. {@link reservePages} lets it be done before the first packet.
 *
 * ```text
 * map, 4 bytes for every page that there can be, at a run's first page:
 *   0  free, and zero still | FREE_USED  free, used before | pages of the run, with the caller's tag << 16
 * ```
 */
export const PAGE: usize = 65536;
const PAGE_SHIFT: u32 = 16;
const MAP_BYTES: usize = 65536 * 4;
/** Pages that memory grows by at most, where no more are needed: 1 GiB. */
const MOST_GROWTH: u32 = 16384;
const FREE_USED: u32 = 0x80000000;
const LENGTH: u32 = 0xffff;

const map: usize = (__heap_base + PAGE - 1) & ~(PAGE - 1);
/** Pages below are never free. */
let lowestFree: u32 = <u32>((map + MAP_BYTES) >> PAGE_SHIFT);
let end: u32 = memory.size();
let used: u32 = 0;

/** Pages handed out. */
export function usedPages(): u32 {
  return used;
}

/**
 * A zeroed run of pages.
 *
 * @param tag up to 15 bits that {@link tagOf} answers for the first page.
 */
export function takePages(count: u32, tag: u32 = 0): usize {
  let first = findRun(count);
  if (first == 0) first = growBy(count);
  for (let page = first; page < first + count; page++) {
    if (load<u32>(map + (page << 2)) == FREE_USED) memory.fill((<usize>page) << PAGE_SHIFT, 0, PAGE);
  }
  if (first == lowestFree) lowestFree += count;
  store<u32>(map + (first << 2), count | (tag << 16));
  used += count;
  return (<usize>first) << PAGE_SHIFT;
}

/** Gives a whole run back. */
export function givePages(run: usize): void {
  const first = <u32>(run >> PAGE_SHIFT);
  const count = load<u32>(map + (first << 2)) & LENGTH;
  for (let page = first; page < first + count; page++) store<u32>(map + (page << 2), FREE_USED);
  if (first < lowestFree) lowestFree = first;
  used -= count;
}

/** The tag of the run that begins with the page in which `at` lies, and how many pages it has. */
export function tagOf(at: usize): u32 {
  return load<u32>(map + ((at >> PAGE_SHIFT) << 2)) >> 16;
}

export function pagesOf(run: usize): u32 {
  return load<u32>(map + ((run >> PAGE_SHIFT) << 2)) & LENGTH;
}

/** Free pages at the end of memory, as {@link findRun} leaves them when it finds nothing. */
let trailing: u32 = 0;

/** First page of the first free run that is long enough; 0: there is none. */
function findRun(count: u32): u32 {
  let free: u32 = 0;
  let page = lowestFree;
  while (page < end) {
    const state = load<u32>(map + (page << 2));
    if (state == 0 || state == FREE_USED) {
      page += 1;
      free += 1;
      if (free == count) return page - count;
    } else {
      page += state & LENGTH;
      // What is full need not be looked at again.
      if (free == 0) lowestFree = page;
      free = 0;
    }
  }
  trailing = free;
  return 0;
}

/** Lets memory have so many pages from the start, or as many as the engine gives. */
export function reservePages(count: u32): void {
  if (count > end) grow(count - end, 0);
}

/** Makes a run at the end of memory, of the free pages there and of new ones. */
function growBy(count: u32): u32 {
  const first = end - trailing;
  const missing = count - trailing;
  if (!grow(max(missing, min(end * 3, MOST_GROWTH)), missing)) unreachable();
  return first;
}

/** Grows by `wanted` pages, or half as many where the engine refuses, and so on down to `least`. @returns has it grown? */
function grow(wanted: u32, least: u32): bool {
  let pages = wanted;
  while (memory.grow(pages) < 0) {
    if (pages <= least || pages <= 1) return false;
    pages = max(pages >> 1, least);
  }
  end = memory.size();
  return true;
}
