import { allocate } from "./allocate";
import { clearBytes } from "./copy";
import { PAGE, takePages } from "./pages";

/** Bytes of a slab, at least; larger records get a slab of their own size. It begins on a cache line, as all runs of pages do. */
const SLAB_BYTES: usize = PAGE;

/** Pools, newest first. */
let pools: usize = 0;

/** Records in use of all pools: what is not given back shows. */
export function pooledRecords(): u32 {
  let count: u32 = 0;
  for (let at = pools; at != 0; at = changetype<Pool>(at).older) count += changetype<Pool>(at).live;
  return count;
}

/**
 * Records of one size, taken and given back in constant time.
 *
 * ```text
 * slab:  | record | record | record | ...      free: record -> record -> 0   (the link lies in the first word)
 * ```
 */
@unmanaged
export class Pool {
  /** First free record; its first word is the next free one. */
  private free: usize;
  /** Not yet used part of the newest slab. */
  private fresh: usize;
  private freshEnd: usize;
  recordSize: u32;
  /** Records in use. */
  live: u32;
  /** The pool that was made before. */
  older: usize;

  static create(recordSize: u32): Pool {
    const pool = changetype<Pool>(allocate(offsetof<Pool>()));
    pool.recordSize = (recordSize + 15) & ~15;
    pool.older = pools;
    pools = changetype<usize>(pool);
    return pool;
  }

  /** A zeroed record. */
  take(): usize {
    const size: usize = this.recordSize;
    this.live += 1;
    let record = this.free;
    if (record != 0) {
      this.free = load<usize>(record);
    } else {
      if (this.fresh + size > this.freshEnd) this.grow(size);
      record = this.fresh;
      this.fresh = record + size;
    }
    clearBytes(record, size);
    return record;
  }

  give(record: usize): void {
    this.live -= 1;
    store<usize>(record, this.free);
    this.free = record;
  }

  private grow(size: usize): void {
    const bytes = size > SLAB_BYTES ? size : SLAB_BYTES;
    this.fresh = takePages(<u32>((bytes + PAGE - 1) / PAGE));
    this.freshEnd = this.fresh + bytes;
  }
}
