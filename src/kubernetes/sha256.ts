const ROUND_CONSTANTS = fractionalRoots(64, Math.cbrt);
const INITIAL_STATE = fractionalRoots(8, Math.sqrt);

/** SHA-256 of a text's UTF-8 bytes (FIPS 180-4). Chain names need it, thousands of times and at once: Web Crypto only promises. */
export function sha256(text: string): Uint8Array {
  const message = padded(new TextEncoder().encode(text));
  const state = INITIAL_STATE.slice();
  const schedule = new Uint32Array(64);
  for (let at = 0; at < message.byteLength; at += 64) compress(state, schedule, message, at);
  const digest = new DataView(new ArrayBuffer(32));
  state.forEach((word, i) => {
    digest.setUint32(4 * i, word);
  });
  return new Uint8Array(digest.buffer);
}

const BASE32 = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

/** The first `length` digits of the base 32 form (RFC 4648, upper case). */
export function base32(bytes: Uint8Array, length: number): string {
  let text = "";
  let bits = 0;
  let value = 0;
  for (let i = 0; text.length < length; ) {
    if (bits < 5) {
      value = ((value << 8) | bytes[i++]!) & 0xffff;
      bits += 8;
    }
    bits -= 5;
    text += BASE32[(value >>> bits) & 31];
  }
  return text;
}

function padded(bytes: Uint8Array): DataView {
  const length = (bytes.length + 9 + 63) & ~63;
  const message = new Uint8Array(length);
  message.set(bytes);
  message[bytes.length] = 0x80;
  const view = new DataView(message.buffer);
  view.setUint32(length - 4, bytes.length * 8);
  return view;
}

function compress(state: Uint32Array, w: Uint32Array, message: DataView, at: number): void {
  for (let i = 0; i < 16; i++) w[i] = message.getUint32(at + 4 * i);
  for (let i = 16; i < 64; i++) {
    const [early, late] = [w[i - 15]!, w[i - 2]!];
    const small0 = rotate(early, 7) ^ rotate(early, 18) ^ (early >>> 3);
    const small1 = rotate(late, 17) ^ rotate(late, 19) ^ (late >>> 10);
    w[i] = w[i - 16]! + small0 + w[i - 7]! + small1;
  }
  const v = state.slice();
  for (let i = 0; i < 64; i++) {
    const [a, e] = [v[0]!, v[4]!];
    const big1 = rotate(e, 6) ^ rotate(e, 11) ^ rotate(e, 25);
    const big0 = rotate(a, 2) ^ rotate(a, 13) ^ rotate(a, 22);
    const first = v[7]! + big1 + ((e & v[5]!) ^ (~e & v[6]!)) + ROUND_CONSTANTS[i]! + w[i]!;
    const second = big0 + ((a & v[1]!) ^ (a & v[2]!) ^ (v[1]! & v[2]!));
    v.copyWithin(1, 0, 7);
    v[4]! += first;
    v[0] = first + second;
  }
  for (let i = 0; i < 8; i++) state[i]! += v[i]!;
}

function rotate(word: number, by: number): number {
  return (word >>> by) | (word << (32 - by));
}

/** The first 32 bits of the fractional parts of the roots of the first primes. */
function fractionalRoots(count: number, root: (prime: number) => number): Uint32Array {
  const words = new Uint32Array(count);
  for (let prime = 2, found = 0; found < count; prime++) {
    if (isPrime(prime)) words[found++] = (root(prime) % 1) * 2 ** 32;
  }
  return words;
}

function isPrime(number: number): boolean {
  for (let divisor = 2; divisor * divisor <= number; divisor++) if (number % divisor === 0) return false;
  return true;
}
