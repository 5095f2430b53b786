/** Longest code of the deflate format, in bits. */
const LONGEST_CODE = 15;

/** A table that is asked with the next bits of the input: the symbol in the upper bits, the code's length in the low 4. */
export interface HuffmanTable {
  readonly entries: Uint16Array;
  /** Selects the bits to ask with: as many as the longest code has. */
  readonly mask: number;
}

/**
 * Canonical Huffman codes from their lengths (RFC 1951 section 3.2.2). An entry of 0 stands for bits that begin no code.
 *
 * @param lengths of the codes of the symbols, 0 for symbols without a code.
 * @returns undefined when the lengths ask for more codes than there are.
 */
export function buildHuffman(lengths: Uint8Array): HuffmanTable | undefined {
  const counts = new Uint16Array(LONGEST_CODE + 1);
  for (const length of lengths) counts[length]++;
  counts[0] = 0;
  let longest = LONGEST_CODE;
  while (longest > 1 && counts[longest] === 0) longest--;

  const next = new Uint16Array(LONGEST_CODE + 1);
  let code = 0;
  for (let length = 1; length <= longest; length++) {
    next[length] = code;
    code += counts[length];
    if (code > 1 << length) return undefined;
    code <<= 1;
  }
  const entries = new Uint16Array(1 << longest);
  for (let symbol = 0; symbol < lengths.length; symbol++) {
    const length = lengths[symbol];
    if (length === 0) continue;
    const entry = (symbol << 4) | length;
    const step = 1 << length;
    for (let at = reversed(next[length]++, length); at < entries.length; at += step) entries[at] = entry;
  }
  return { entries, mask: entries.length - 1 };
}

/** The input has the first bit of a code lowest. */
function reversed(code: number, length: number): number {
  let result = 0;
  for (let bit = 0; bit < length; bit++) result |= ((code >> bit) & 1) << (length - 1 - bit);
  return result;
}
