import type { Counters } from "../../../model/ruleset.ts";
import { BRACKET, CLOSING_BRACKET, COLON, isDigit } from "./bytes.ts";

/** Where `[PACKETS:BYTES]` ends that begins at `start`, -1 where something else stands there. */
export function endOfCounters(bytes: Uint8Array, start: number): number {
  if (bytes[start] !== BRACKET) return -1;
  const colon = endOfDigits(bytes, start + 1);
  if (colon === start + 1 || bytes[colon] !== COLON) return -1;
  const end = endOfDigits(bytes, colon + 1);
  return end === colon + 1 || bytes[end] !== CLOSING_BRACKET ? -1 : end + 1;
}

/** The counters that begin at `start`. */
export function countersAt(bytes: Uint8Array, start: number): Counters {
  const colon = endOfDigits(bytes, start + 1);
  return {
    packets: numberAt(bytes, start + 1, colon),
    bytes: numberAt(bytes, colon + 1, endOfDigits(bytes, colon + 1)),
  };
}

function endOfDigits(bytes: Uint8Array, start: number): number {
  let at = start;
  while (isDigit(bytes[at]!)) at++;
  return at;
}

function numberAt(bytes: Uint8Array, start: number, end: number): bigint {
  return BigInt(String.fromCharCode(...bytes.subarray(start, end)));
}
