/** Zero bytes kept behind the input, so that a decoder may look a little further than it goes. */
const BEYOND = 16;

/** Compressed bytes as a stream of bits, lowest bit of a byte first (RFC 1951 section 3.1.1). */
export class BitInput {
  bytes = new Uint8Array(BEYOND);
  /** Next byte to be taken into `hold`. It may lie beyond `end` by the zeros that were looked at. */
  at = 0;
  end = 0;
  /** Bits taken and not used, and how many. */
  hold = 0;
  bits = 0;
  /** Bytes of the stream before `bytes`. */
  #before = 0;

  /** Adds bytes behind those that are left. */
  add(more: Uint8Array): void {
    this.#giveBack();
    const left = this.end - this.at;
    const bytes = new Uint8Array(left + more.length + BEYOND);
    bytes.set(this.bytes.subarray(this.at, this.at + left));
    bytes.set(more, left);
    this.#before += this.at;
    this.bytes = bytes;
    this.at = 0;
    this.end = left + more.length;
  }

  /** Whole bytes that are left. */
  get left(): number {
    return this.end - this.at + (this.bits >> 3);
  }

  /** Byte of the stream that is next. */
  get position(): number {
    return this.#before + this.at - (this.bits >> 3);
  }

  /** Takes up to 16 bits. Beyond the end they are 0, and `left` gets negative. */
  take(count: number): number {
    while (this.bits < count) {
      this.hold |= this.bytes[this.at++] << this.bits;
      this.bits += 8;
    }
    const value = this.hold & ((1 << count) - 1);
    this.hold >>>= count;
    this.bits -= count;
    return value;
  }

  /** Goes on at the next whole byte. */
  align(): void {
    this.#giveBack();
    this.hold = 0;
    this.bits = 0;
  }

  /** Whole bytes in `hold` were taken too early. */
  #giveBack(): void {
    this.at -= this.bits >> 3;
    this.bits &= 7;
    this.hold &= (1 << this.bits) - 1;
  }
}
