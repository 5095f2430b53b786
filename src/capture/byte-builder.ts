/** A growing buffer that records are written into, and from which they are taken in long pieces. */
export class ByteBuilder {
  bytes: Uint8Array<ArrayBuffer>;
  view: DataView;
  length = 0;

  constructor(capacity: number) {
    this.bytes = new Uint8Array(capacity);
    this.view = new DataView(this.bytes.buffer);
  }

  /** Makes room for `length` bytes more, which are not zeroed, and answers where they begin. */
  extend(length: number): number {
    const at = this.length;
    this.length += length;
    if (this.length > this.bytes.length) this.#grow();
    return at;
  }

  /** A copy of what has been written; the builder is empty afterwards. */
  take(): Uint8Array<ArrayBuffer> {
    const taken = this.bytes.slice(0, this.length);
    this.length = 0;
    return taken;
  }

  #grow(): void {
    const bytes = new Uint8Array(Math.max(this.length, 2 * this.bytes.length));
    bytes.set(this.bytes);
    this.bytes = bytes;
    this.view = new DataView(bytes.buffer);
  }
}
