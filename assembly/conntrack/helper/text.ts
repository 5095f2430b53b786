import { store16 } from "../../packet/bytes";

/** Reading numbers and addresses in commands of application protocols; all lie in `length` bytes at `text`. */

const COLON: u32 = 0x3a;
const DOT: u32 = 0x2e;

export function isDigit(byte: u32): bool {
  return byte >= 0x30 && byte <= 0x39;
}

function lower(byte: u32): u32 {
  return byte >= 0x41 && byte <= 0x5a ? byte | 0x20 : byte;
}

/** Does the text begin with `length` bytes of a word, in capitals or not? */
export function beginsWith(text: usize, word: usize, length: u32): bool {
  for (let i: u32 = 0; i < length; i++) {
    if (lower(load<u8>(text + i)) != lower(load<u8>(word + i))) return false;
  }
  return true;
}

/** Up to six numbers that {@link readNumbers} read, 32 bits each, unchecked as in the kernel. */
export const numbers = memory.data(24, 4);

export function number(index: u32): u32 {
  return load<u32>(numbers + (index << 2));
}

/**
 * Reads `count` numbers with a separator between and `end` behind the last one; 0 as end stands for whatever is no digit.
 *
 * @returns bytes before the end, 0 where the text is otherwise.
 */
export function readNumbers(text: usize, length: u32, count: u32, separator: u32, end: u32): u32 {
  memory.fill(numbers, 0, 24);
  let index: u32 = 0;
  for (let i: u32 = 0; i < length && index < count; i++) {
    const byte: u32 = load<u8>(text + i);
    if (isDigit(byte)) store<u32>(numbers + (index << 2), number(index) * 10 + byte - 0x30);
    else if (byte == separator) index += 1;
    else return (byte == end || end == 0) && index == count - 1 ? i : 0;
  }
  return 0;
}

/** The port that {@link readPort} read. */
export let port: u32 = 0;

/** Reads a port from `start` up to a delimiter. @returns where to go on behind it, 0 where there is no port. */
export function readPort(text: usize, start: u32, length: u32, delimiter: u32): u32 {
  let value: u32 = 0;
  for (let i = start; i < length; i++) {
    const byte: u32 = load<u8>(text + i);
    if (byte == delimiter) {
      if (value == 0) return 0;
      port = value;
      return i + 1;
    }
    if (!isDigit(byte)) return 0;
    value = (value * 10 + byte - 0x30) & 0xffff;
  }
  return 0;
}

function hexDigit(byte: u32): i32 {
  if (isDigit(byte)) return byte - 0x30;
  const letter = byte | 0x20;
  return letter >= 0x61 && letter <= 0x66 ? letter - 0x57 : -1;
}

/**
 * Reads an IPv6 address that a delimiter, a zero byte or the text's end follows (in6_pton, net/core/utils.c).
 *
 * @param to gets 16 bytes in network byte order.
 * @returns its length, 0 where there is none.
 */
export function readAddress6(text: usize, length: u32, delimiter: u32, to: usize): u32 {
  memory.fill(words, 0, 16);
  let count: u32 = 0;
  let gap: i32 = -1;
  let at: u32 = 0;
  if (at + 1 < length && load<u8>(text) == COLON) {
    if (load<u8>(text, 1) != COLON) return 0;
    gap = 0;
    at = 2;
  }
  while (!isEnd(text, at, length, delimiter)) {
    if (count == 8) return 0;
    const start = at;
    let word: u32 = 0;
    let digit = hexDigit(byteAt(text, at, length));
    while (digit >= 0 && word < 0x1000) {
      word = (word << 4) | digit;
      at += 1;
      digit = hexDigit(byteAt(text, at, length));
    }
    if (at == start) return 0;
    if (byteAt(text, at, length) == DOT) {
      const used = readAddress4(text + start, length - start, delimiter, count);
      if (used == 0) return 0;
      count += 2;
      at = start + used;
      break;
    }
    store16(words + (count << 1), word);
    count += 1;
    if (isEnd(text, at, length, delimiter)) break;
    if (byteAt(text, at, length) != COLON) return 0;
    at += 1;
    if (byteAt(text, at, length) == COLON && gap < 0) {
      gap = count;
      at += 1;
    } else if (isEnd(text, at, length, delimiter)) {
      return 0;
    }
  }
  if (gap < 0 ? count != 8 : count > 7 + (gap == 0 ? 0 : 1)) return 0;
  spread(count, gap, to);
  return at;
}

const words = memory.data(16, 8);

function byteAt(text: usize, at: u32, length: u32): u32 {
  return at < length ? load<u8>(text + at) : 0;
}

function isEnd(text: usize, at: u32, length: u32, delimiter: u32): bool {
  const byte = byteAt(text, at, length);
  return byte == delimiter || byte == 0;
}

/** An IPv4 address as the last two words. */
function readAddress4(text: usize, length: u32, delimiter: u32, word: u32): u32 {
  if (word > 6) return 0;
  const at = words + (word << 1);
  let used: u32 = 0;
  for (let i: u32 = 0; i < 4; i++) {
    let value: u32 = 0;
    const start = used;
    while (isDigit(byteAt(text, used, length))) {
      value = value * 10 + byteAt(text, used, length) - 0x30;
      if (value > 255) return 0;
      used += 1;
    }
    if (used == start) return 0;
    store<u8>(at + i, value);
    if (i == 3) return isEnd(text, used, length, delimiter) ? used : 0;
    if (byteAt(text, used, length) != DOT) return 0;
    used += 1;
  }
  return 0;
}

/** Words before `::` stay at the begin, those behind it go to the end. */
function spread(count: u32, gap: i32, to: usize): void {
  const before: u32 = gap < 0 ? count : gap;
  memory.fill(to, 0, 16);
  memory.copy(to, words, before << 1);
  memory.copy(to + ((8 - (count - before)) << 1), words + (before << 1), (count - before) << 1);
}
