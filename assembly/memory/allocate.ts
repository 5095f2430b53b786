/**
 * Memory for records of the core. Everything here is outside the garbage collector; nothing on the packet path calls
 * `new`. Blocks come back zeroed.
 */
export function allocate(size: usize): usize {
  const block = heap.alloc(size);
  memory.fill(block, 0, size);
  return block;
}

/** Gives a block of {@link allocate} back. */
export function release(block: usize): void {
  if (block != 0) heap.free(block);
}
