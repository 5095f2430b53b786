const ROUND_CONSTANTS = fractionalRoots(64, Math.cbrt);
const INITIAL_STATE = fractionalRoots(8, Math.sqrt);
const BLOCK = 64;
/** A one bit and the length in bits, which end the message. */
const TRAILER = 9;

const encoder = new TextEncoder();
const state = new Int32Array(8);
const schedule = new Int32Array(64);
let message = new Uint8Array(16 * BLOCK);

/** SHA-256 of a text's UTF-8 bytes (FIPS 180-4). */
export function sha256(text: string): Uint8Array {
  hash(text);
  return Uint8Array.from({ length: 32 }, (_, i) => state[i >> 2]! >>> (24 - 8 * (i & 3)));
}

const BASE32 = [..."ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"].map((digit) => digit.charCodeAt(0));

/**
 * The first digits of a text's SHA-256 in base 32 (RFC 4648, upper case). Chain names need it, by the hundred thousand and
 * at once: Web Crypto only promises, and nothing is allocated here but the answer.
 */
export function sha256Base32(text: string, digits: number): string {
  hash(text);
  const codes: number[] = [];
  for (let bit = 0; bit < 5 * digits; bit += 5) {
    const word = bit >> 5;
    const from = bit & 31;
    const rest = from > 27 ? state[word + 1]! >>> (59 - from) : 0;
    const value = from > 27 ? (state[word]! << (from - 27)) | rest : state[word]! >>> (27 - from);
    codes.push(BASE32[value & 31]!);
  }
  return String.fromCharCode(...codes);
}

/** Leaves the hash in `state`. */
function hash(text: string): void {
  const room = 3 * text.length + TRAILER + BLOCK;
  if (message.length < room) message = new Uint8Array(room);
  const { written: length } = encoder.encodeInto(text, message);
  const end = (length + TRAILER + BLOCK - 1) & -BLOCK;
  message.fill(0, length, end);
  message[length] = 0x80;
  const bits = length * 8;
  for (let i = 0; i < 4; i++) message[end - 1 - i] = bits >>> (8 * i);
  state.set(INITIAL_STATE);
  for (let at = 0; at < end; at += BLOCK) compress(at);
}

function compress(at: number): void {
  const w = schedule;
  for (let i = 0, from = at; i < 16; i++, from += 4) {
    w[i] = (message[from]! << 24) | (message[from + 1]! << 16) | (message[from + 2]! << 8) | message[from + 3]!;
  }
  for (let i = 16; i < 64; i++) {
    const early = w[i - 15]!;
    const late = w[i - 2]!;
    const small0 = rotate(early, 7) ^ rotate(early, 18) ^ (early >>> 3);
    const small1 = rotate(late, 17) ^ rotate(late, 19) ^ (late >>> 10);
    w[i] = (w[i - 16]! + small0 + w[i - 7]! + small1) | 0;
  }
  let a = state[0]!;
  let b = state[1]!;
  let c = state[2]!;
  let d = state[3]!;
  let e = state[4]!;
  let f = state[5]!;
  let g = state[6]!;
  let h = state[7]!;
  for (let i = 0; i < 64; i++) {
    const big1 = rotate(e, 6) ^ rotate(e, 11) ^ rotate(e, 25);
    const big0 = rotate(a, 2) ^ rotate(a, 13) ^ rotate(a, 22);
    const first = (h + big1 + ((e & f) ^ (~e & g)) + ROUND_CONSTANTS[i]! + w[i]!) | 0;
    const second = (big0 + ((a & b) ^ (a & c) ^ (b & c))) | 0;
    h = g;
    g = f;
    f = e;
    e = (d + first) | 0;
    d = c;
    c = b;
    b = a;
    a = (first + second) | 0;
  }
  state[0]! += a;
  state[1]! += b;
  state[2]! += c;
  state[3]! += d;
  state[4]! += e;
  state[5]! += f;
  state[6]! += g;
  state[7]! += h;
}

function rotate(word: number, by: number): number {
  return (word >>> by) | (word << (32 - by));
}

/** The first 32 bits of the fractional parts of the roots of the first primes. */
function fractionalRoots(count: number, root: (prime: number) => number): Int32Array {
  const words = new Int32Array(count);
  for (let prime = 2, found = 0; found < count; prime++) {
    if (isPrime(prime)) words[found++] = Math.floor((root(prime) % 1) * 2 ** 32);
  }
  return words;
}

function isPrime(number: number): boolean {
  for (let divisor = 2; divisor * divisor <= number; divisor++) if (number % divisor === 0) return false;
  return true;
}
