import { allocate, release } from "./allocate";

/** Bytes that grow: what the core hands to the host. The host reads `used` bytes at `start`, then calls `clear`. */
@unmanaged
export class ByteBuffer {
  start: usize;
  used: u32;
  capacity: u32;

  static create(capacity: u32): ByteBuffer {
    return ByteBuffer.createAt(allocate(offsetof<ByteBuffer>()), capacity);
  }

  /** The same with the record in a place of its own, as static memory is, whose address is known to the compiler. */
  static createAt(record: usize, capacity: u32): ByteBuffer {
    const buffer = changetype<ByteBuffer>(record);
    buffer.start = allocate(capacity);
    buffer.capacity = capacity;
    return buffer;
  }

  /** Makes room for `size` more bytes and answers where they are to be written. */
  @inline
  append(size: u32): usize {
    const needed = this.used + size;
    if (needed > this.capacity) this.grow(needed);
    const at = this.start + this.used;
    this.used = needed;
    return at;
  }

  /** Makes room for `size` more bytes. */
  reserve(size: u32): void {
    if (this.used + size > this.capacity) this.grow(this.used + size);
  }

  clear(): void {
    this.used = 0;
  }

  private grow(needed: u32): void {
    let capacity = this.capacity * 2;
    while (capacity < needed) capacity *= 2;
    const moved = allocate(capacity);
    memory.copy(moved, this.start, this.used);
    release(this.start);
    this.start = moved;
    this.capacity = capacity;
  }
}
