/** Codes of options, from the pcapng draft (draft-ietf-opsawg-pcapng). */
export const OPT_END = 0;
export const OPT_COMMENT = 1;
export const IF_NAME = 2;
export const IF_DESCRIPTION = 3;
export const IF_TSRESOL = 9;
export const IF_TSOFFSET = 14;
export const EPB_FLAGS = 2;
export const ISB_IFDROP = 5;
export const ISB_OSDROP = 7;

/**
 * Gives each option of a block to `each` until it returns false, the end option, or the end of the block.
 *
 * @returns false when an option runs past the end of the block.
 */
export function eachOption(
  view: DataView,
  start: number,
  end: number,
  littleEndian: boolean,
  each: (code: number, at: number, length: number) => void,
): boolean {
  let at = start;
  while (at + 4 <= end) {
    const code = view.getUint16(at, littleEndian);
    if (code === OPT_END) return true;
    const length = view.getUint16(at + 2, littleEndian);
    if (at + 4 + length > end) return false;
    each(code, at + 4, length);
    at += 4 + ((length + 3) & ~3);
  }
  return true;
}

/** The `epb_flags` word among the options of a packet, 0 if there is none. */
export function readPacketFlags(view: DataView, start: number, end: number, littleEndian: boolean): number {
  let at = start;
  while (at + 8 <= end) {
    const code = view.getUint16(at, littleEndian);
    if (code === OPT_END) return 0;
    if (code === EPB_FLAGS) return view.getUint32(at + 4, littleEndian);
    at += 4 + ((view.getUint16(at + 2, littleEndian) + 3) & ~3);
  }
  return 0;
}

/** Packets that an interface statistics block reports as lost, by the interface or by the system; 0 if it does not say. */
export function readLost(view: DataView, start: number, end: number, littleEndian: boolean): number {
  let lost = 0;
  eachOption(view, start, end, littleEndian, (code, at, length) => {
    if ((code === ISB_IFDROP || code === ISB_OSDROP) && length >= 8)
      lost += Number(view.getBigUint64(at, littleEndian));
  });
  return lost;
}

export function readComments(data: Uint8Array, start: number, end: number, littleEndian: boolean): string[] {
  const comments: string[] = [];
  eachOption(viewOf(data), start, end, littleEndian, (code, at, length) => {
    if (code === OPT_COMMENT) comments.push(decodeText(data, at, length));
  });
  return comments;
}

/** UTF-8 text of an option; some writers count the zero byte that ends it. */
export function decodeText(data: Uint8Array, at: number, length: number): string {
  let end = at + length;
  while (end > at && data[end - 1] === 0) end--;
  return decoder.decode(data.subarray(at, end));
}

export function viewOf(data: Uint8Array): DataView {
  return new DataView(data.buffer, data.byteOffset, data.byteLength);
}

const decoder = new TextDecoder();
