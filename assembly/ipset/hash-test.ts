import { Bucket, bucketAt, elementAt } from "./bucket";
import { equals, resetSameNetworks, sameNetworks } from "./equal";
import { ELEMENT_NOMATCH, Inquiry, matchExtensions } from "./extensions";
import { bucketOf } from "./hash";
import { narrowNet } from "./layout";
import { prefixLengths } from "./prefixes";
import { KernelSet } from "./set";

/** What a look-up answers; `NOMATCH` stands for -ENOTEMPTY: an element marked `nomatch`. */
export const NOT_FOUND: i32 = 0;
export const FOUND: i32 = 1;
export const NOMATCH: i32 = -1;

/** mtype_test: looks for the packet's element; networks by every prefix length in use, the longest first. */
export function testHash(set: KernelSet, key: usize, inquiry: Inquiry): i32 {
  resetSameNetworks();
  if (set.netCount == 0) return testBucket(set, key, inquiry);
  return set.netCount == 1 ? testNets(set, key, inquiry) : testNetPairs(set, key, inquiry);
}

/** The element with exactly this key, networks as they are given. */
export function testExact(set: KernelSet, key: usize, inquiry: Inquiry): i32 {
  resetSameNetworks();
  return testBucket(set, key, inquiry);
}

function testNets(set: KernelSet, key: usize, inquiry: Inquiry): i32 {
  let at = prefixLengths(set, 0);
  while (load<u8>(at) != 0) {
    narrowNet(set, key, 0, <u32>load<u8>(at) - 1);
    const found = testBucket(set, key, inquiry);
    if (found != NOT_FOUND) return found;
    if (sameNetworks != 0) break;
    at += 1;
  }
  return NOT_FOUND;
}

/** The second network as the packet has it, while the lengths of the first go by. */
const address2 = memory.data(16, 8);

function testNetPairs(set: KernelSet, key: usize, inquiry: Inquiry): i32 {
  const size = set.addressSize;
  memory.copy(address2, key + set.net2Offset, size);
  let outer = prefixLengths(set, 0);
  while (load<u8>(outer) != 0) {
    memory.copy(key + set.net2Offset, address2, size);
    narrowNet(set, key, 0, <u32>load<u8>(outer) - 1);
    let inner = prefixLengths(set, 1);
    while (load<u8>(inner) != 0) {
      narrowNet(set, key, 1, <u32>load<u8>(inner) - 1);
      const found = testBucket(set, key, inquiry);
      if (found != NOT_FOUND) return found;
      inner += 1;
    }
    outer += 1;
  }
  return NOT_FOUND;
}

function testBucket(set: KernelSet, key: usize, inquiry: Inquiry): i32 {
  const bucket: Bucket = bucketAt(set, bucketOf(set, key));
  if (changetype<usize>(bucket) == 0) return NOT_FOUND;
  const count = bucket.pos;
  for (let place: u32 = 0; place < count; place++) {
    if (!bucket.isUsed(place)) continue;
    const element = elementAt(set, bucket, place);
    if (!equals(set, element, key)) continue;
    if (matchExtensions(set, element, inquiry)) {
      if (set.flagsOffset == 0) return FOUND;
      return load<u32>(element + set.flagsOffset) & ELEMENT_NOMATCH ? NOMATCH : FOUND;
    }
    // An equal element that does not match lets the search go on to shorter prefixes.
    resetSameNetworks();
  }
  return NOT_FOUND;
}
