/**
 * An aggregate may state the length 0, for "as long as it is"; the core wants it said.
 *
 * @param at where the IP header begins in the frame.
 * @param length of the IP packet on the wire; what does not fit into the field stays unsaid.
 * @returns a copy with the length and the header checksum that goes with it, or the frame itself.
 */
export function withStatedLength(frame: Uint8Array, at: number, length: number): Uint8Array {
  const isIpv4 = frame[at]! >> 4 === 4;
  const stated = isIpv4 ? length : length - 40;
  if (stated > 0xffff) return frame;
  const copy = frame.slice();
  const field = at + (isIpv4 ? 2 : 4);
  copy[field] = stated >> 8;
  copy[field + 1] = stated & 0xff;
  if (isIpv4) growChecksum(copy, at + 10, stated);
  return copy;
}

/** RFC 1624, for a word that was 0. */
function growChecksum(bytes: Uint8Array, at: number, word: number): void {
  const sum = (~((bytes[at]! << 8) | bytes[at + 1]!) & 0xffff) + word;
  const checksum = ~((sum & 0xffff) + (sum >>> 16)) & 0xffff;
  bytes[at] = checksum >> 8;
  bytes[at + 1] = checksum & 0xff;
}
