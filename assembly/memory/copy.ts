/**
 * Copies and fills of the sizes that packets and records have. memory.copy and memory.fill leave the module: some 15 ns a call,
 * as much as a 60-byte packet takes four times this way.
 */
const LANE: usize = 16;
/** From here on the engine's own copy is as fast. */
const LONG: usize = 512;

/** Places may not overlap. @inline */
export function copyBytes(to: usize, from: usize, size: usize): void {
  // Most packets: the first two lanes and the last two, which lie over those before.
  if (size - 2 * LANE <= 2 * LANE) {
    const last = size - 2 * LANE;
    v128.store(to, v128.load(from));
    v128.store(to, v128.load(from, 16), 16);
    v128.store(to + last, v128.load(from + last));
    v128.store(to + last, v128.load(from + last, 16), 16);
  } else {
    copyOthers(to, from, size);
  }
}

function copyOthers(to: usize, from: usize, size: usize): void {
  if (size < LANE || size > LONG) {
    memory.copy(to, from, size);
    return;
  }
  const last = size - LANE;
  for (let at: usize = 0; at < last; at += LANE) v128.store(to + at, v128.load(from + at));
  // The last lane lies over the one before where the size is no multiple.
  v128.store(to + last, v128.load(from + last));
}

/** @param size a multiple of 16, and not 0. */
export function clearBytes(at: usize, size: usize): void {
  if (size > LONG) {
    memory.fill(at, 0, size);
    return;
  }
  const end = at + size;
  for (; at < end; at += LANE) v128.store(at, i64x2.splat(0));
}
