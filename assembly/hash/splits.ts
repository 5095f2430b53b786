/**
 * Which buckets a hash table has that grows by linear hashing: one bucket at a time is split in two, in turn, so that there is
 * never more to do than that.
 */
@unmanaged
export class Splits {
  /** Buckets below `1 << bits` are chosen by so many bits of the hash, the lowest; those below `next` by one bit more. */
  bits: u32;
  /** The bucket that is split next. */
  next: u32;

  /** Number of buckets. */
  get count(): u32 {
    return (1 << this.bits) + this.next;
  }

  /** The bucket of a hash. */
  @inline
  indexOf(hash: u64): u32 {
    const index = <u32>hash & ((1 << this.bits) - 1);
    return select<u32>(<u32>hash & ((2 << this.bits) - 1), index, index < this.next);
  }

  /** The bucket that takes over those of bucket `next` that have bit `bits` in their hash. */
  get twin(): u32 {
    return this.next + (1 << this.bits);
  }

  /** Bucket `next` has been split. */
  advance(): void {
    this.next += 1;
    if (this.next >> this.bits == 0) return;
    this.bits += 1;
    this.next = 0;
  }
}
