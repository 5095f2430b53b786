import { givePages, PAGE, pagesOf, tagOf, takePages } from "./pages";

/**
 * Memory for records of the core. Everything here is outside the garbage collector; nothing on the packet path calls
 * `new`. Blocks come back zeroed.
 *
 * Blocks of up to 32 KiB have one of 40 sizes, four for every doubling; a page holds blocks of one size, and its tag says
 * which. Larger ones are runs of pages.
 */
const LARGEST: usize = 32768;
const STEP: usize = 16;
/** Sizes up to here are the multiples of 16. */
const EVEN: usize = 128;
const SIZES: usize = 40;
const RUN: u32 = 0;

/** For each size: its first free block (each holds the next), and the unused rest of its newest page. */
@unmanaged
class SizeClass {
  free: usize;
  fresh: usize;
  freshEnd: usize;
}

const classes = memory.data(SIZES * offsetof<SizeClass>(), 8);
let blocks: u32 = 0;
let bytes: usize = 0;

/** Blocks that were not given back, and their bytes. */
export function allocatedBlocks(): u32 {
  return blocks;
}

export function allocatedBytes(): usize {
  return bytes;
}

export function allocate(size: usize): usize {
  blocks += 1;
  if (size > LARGEST) {
    const pages = <u32>((size + PAGE - 1) / PAGE);
    bytes += pages * PAGE;
    return takePages(pages, RUN);
  }
  const index = indexOf(size);
  const room = roomOf(index);
  bytes += room;
  const block = takeBlock(index, room);
  memory.fill(block, 0, room);
  return block;
}

/** Gives a block of {@link allocate} back; 0 is none. */
export function release(block: usize): void {
  if (block == 0) return;
  blocks -= 1;
  const tag = tagOf(block);
  if (tag == RUN) {
    bytes -= pagesOf(block) * PAGE;
    givePages(block);
    return;
  }
  const index = tag - 1;
  bytes -= roomOf(index);
  const sizes = classOf(index);
  store<usize>(block, sizes.free);
  sizes.free = block;
}

function classOf(index: usize): SizeClass {
  return changetype<SizeClass>(classes + index * offsetof<SizeClass>());
}

function takeBlock(index: usize, room: usize): usize {
  const sizes = classOf(index);
  const free = sizes.free;
  if (free != 0) {
    sizes.free = load<usize>(free);
    return free;
  }
  if (sizes.fresh + room > sizes.freshEnd) {
    sizes.fresh = takePages(1, <u32>index + 1);
    sizes.freshEnd = sizes.fresh + PAGE;
  }
  const block = sizes.fresh;
  sizes.fresh += room;
  return block;
}

/** Which of the 40 sizes holds so many bytes. */
function indexOf(size: usize): usize {
  if (size <= EVEN) return size == 0 ? 0 : (size - 1) / STEP;
  // 129..160, ..192, ..224, ..256 are 8 to 11; then the next doubling.
  const log: usize = 31 - clz(size - 1);
  return 8 + (log - 7) * 4 + (((size - 1) >> (log - 2)) & 3);
}

function roomOf(index: usize): usize {
  if (index < 8) return (index + 1) * STEP;
  const log = 7 + (index - 8) / 4;
  return (5 + ((index - 8) & 3)) << (log - 2);
}
