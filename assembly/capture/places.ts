import { PlaceKind } from "../abi/capture";
import { allocate, release } from "../memory/allocate";

/** A thing that the host has told of the node's devices, in an open table that is at most half full. */
@unmanaged
class Place {
  /** Kind, upper and lower key, and 1 in the uppermost bit; 0: a free slot. */
  key: u64;
  value: u64;
}

const PLACE_SIZE: usize = offsetof<Place>();
const LEAST: u32 = 64;
let places: usize = allocate(LEAST * PLACE_SIZE);
let capacity: u32 = LEAST;
let count: u32 = 0;

function keyOf(kind: PlaceKind, upper: u32, lower: u32): u64 {
  return ((<u64>(8 + <u32>kind)) << 60) | ((<u64>upper) << 32) | lower;
}

/** The slot of a key, or the free one where it belongs. */
function slotOf(key: u64): Place {
  const mask = capacity - 1;
  let at = <u32>((key * 0x9e3779b97f4a7c15) >> 40) & mask;
  while (true) {
    const place = changetype<Place>(places + at * PLACE_SIZE);
    if (place.key == key || place.key == 0) return place;
    at = (at + 1) & mask;
  }
  return changetype<Place>(0);
}

/** @returns 0 when nothing is known. */
export function placeOf(kind: PlaceKind, upper: u32, lower: u32): u64 {
  return slotOf(keyOf(kind, upper, lower)).value;
}

/** @param kind a {@link PlaceKind}; what was known before of the key is forgotten. */
export function setPlace(kind: u32, upper: u32, lower: u32, valueUpper: u32, valueLower: u32): void {
  if (count * 2 >= capacity) grow();
  const key = keyOf(kind, upper, lower);
  const place = slotOf(key);
  if (place.key == 0) count += 1;
  place.key = key;
  place.value = ((<u64>valueUpper) << 32) | valueLower;
}

function grow(): void {
  const old = places;
  const end = places + capacity * PLACE_SIZE;
  capacity *= 2;
  places = allocate(capacity * PLACE_SIZE);
  for (let at = old; at < end; at += PLACE_SIZE) {
    const from = changetype<Place>(at);
    if (from.key == 0) continue;
    const to = slotOf(from.key);
    to.key = from.key;
    to.value = from.value;
  }
  release(old);
}
