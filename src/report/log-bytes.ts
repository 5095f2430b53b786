/** The bytes of a logged packet, and how the kernel's format letters write them. */
export class LoggedBytes {
  /** Length of the packet; what lies beyond the recorded bytes is as good as missing. */
  readonly length: number;
  readonly #bytes: Uint8Array;
  readonly #view: DataView;

  constructor(bytes: Uint8Array, length: number) {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.length = length;
  }

  /** Are these bytes there (skb_header_pointer)? */
  has(offset: number, size: number): boolean {
    return offset + size <= Math.min(this.length, this.#bytes.length);
  }

  u8(offset: number): number {
    return this.#view.getUint8(offset);
  }

  u16(offset: number): number {
    return this.#view.getUint16(offset);
  }

  u32(offset: number): number {
    return this.#view.getUint32(offset);
  }

  /** %pI4. */
  address4(offset: number): string {
    return this.#bytes.subarray(offset, offset + 4).join(".");
  }

  /** %pI6: all eight groups, nothing left out. */
  address6(offset: number): string {
    const groups = [0, 2, 4, 6, 8, 10, 12, 14].map((at) => hex(this.u16(offset + at), 4));
    return groups.join(":");
  }

  /** %02X of each byte, without a space. */
  upperHex(offset: number, size: number): string {
    return Array.from(this.#bytes.subarray(offset, offset + size), (byte) => hex(byte, 2).toUpperCase()).join("");
  }
}

export function hex(value: number, digits: number): string {
  return value.toString(16).padStart(digits, "0");
}

/** `aa:bb:cc…`, as %pM and the MAC of a log line. */
export function colonHex(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => hex(byte, 2)).join(":");
}
