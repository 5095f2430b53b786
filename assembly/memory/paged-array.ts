import { allocate, release } from "./allocate";
import { PAGE, takePages } from "./pages";

/**
 * Records found by number that lie in pages: growing adds a page and moves nothing. A directory has the pages' addresses.
 * Pages are never given back.
 */
@unmanaged
export class PagedArray {
  /** Address of the pages' addresses. */
  directory: usize;
  private pages: u32;
  private capacity: u32;
  /** Logarithm of a record's size, at most 16. */
  private shift: u32;

  static create(shift: u32): PagedArray {
    const array = changetype<PagedArray>(allocate(offsetof<PagedArray>()));
    array.shift = shift;
    return array;
  }

  /** Where a record lies. Records are zero at first. */
  @inline
  at(index: u32): usize {
    const inPage = 16 - this.shift;
    const page = load<usize>(this.directory + ((index >> inPage) << 2));
    return page + ((index & ((1 << inPage) - 1)) << this.shift);
  }

  /** Makes room for the records below `count`. */
  reserve(count: u32): void {
    while ((<u64>this.pages) << 16 < (<u64>count) << this.shift) this.addPage();
  }

  private addPage(): void {
    if (this.pages == this.capacity) {
      const capacity = this.capacity == 0 ? 16 : this.capacity * 2;
      const moved = allocate(capacity << 2);
      memory.copy(moved, this.directory, this.pages << 2);
      release(this.directory);
      this.directory = moved;
      this.capacity = capacity;
    }
    store<usize>(this.directory + (this.pages << 2), takePages(1));
    this.pages += 1;
  }
}

assert(PAGE == 65536);
