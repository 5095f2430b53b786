import { allocate, release } from "../memory/allocate";
import { forgetRoutes } from "./input-cache";

/** Who answers to an address on a device: the host's `ip neigh`, in a hash table. */
@unmanaged
class Neighbour {
  address0: u64;
  address1: u64;
  /** Six bytes of MAC address, then two of padding. */
  mac: u64;
  device: u32;
  family: u32;
  next: usize;
}

/** As many buckets as neighbours at least: each one more in a bucket is a wait for memory on a node that has thousands. */
const FEWEST_BUCKETS: u32 = 256;
let bucketCount: u32 = FEWEST_BUCKETS;
let buckets: usize = allocate(FEWEST_BUCKETS << 2);
let count: u32 = 0;

function bucketOf(device: u32, address0: u64, address1: u64): usize {
  const hash = ((address0 ^ device) * 0x9e3779b97f4a7c15) ^ (address1 * 0xc2b2ae3d27d4eb4f);
  return buckets + ((<usize>((hash ^ (hash >> 32)) & (bucketCount - 1))) << 2);
}

/** Makes an entry, or finds the one of this address. @returns where its six bytes of MAC address go. */
export function newNeighbour(device: u32, family: u32, address: usize): usize {
  const known = findNeighbour(device, family, address);
  if (known != 0) return known;
  const neighbour = changetype<Neighbour>(allocate(offsetof<Neighbour>()));
  neighbour.address0 = load<u64>(address);
  neighbour.address1 = load<u64>(address, 8);
  neighbour.device = device;
  neighbour.family = family;
  if (count == bucketCount) grow();
  count += 1;
  enter(neighbour);
  return changetype<usize>(neighbour) + offsetof<Neighbour>("mac");
}

function enter(neighbour: Neighbour): void {
  const bucket = bucketOf(neighbour.device, neighbour.address0, neighbour.address1);
  neighbour.next = load<usize>(bucket);
  store<usize>(bucket, changetype<usize>(neighbour));
}

function grow(): void {
  const old = buckets;
  const oldCount = bucketCount;
  bucketCount *= 2;
  buckets = allocate(bucketCount << 2);
  for (let i: u32 = 0; i < oldCount; i++) {
    let at = load<usize>(old + (i << 2));
    while (at != 0) {
      const neighbour = changetype<Neighbour>(at);
      at = neighbour.next;
      enter(neighbour);
    }
  }
  release(old);
}

/** Address of the six bytes of the neighbour's MAC, 0 when it is unknown. `address` is 16 bytes. */
export function findNeighbour(device: u32, family: u32, address: usize): usize {
  const address0 = load<u64>(address);
  const address1 = load<u64>(address, 8);
  let at = load<usize>(bucketOf(device, address0, address1));
  while (at != 0) {
    const neighbour = changetype<Neighbour>(at);
    const same = neighbour.address0 == address0 && neighbour.address1 == address1;
    if (same && neighbour.device == device && neighbour.family == family) return at + offsetof<Neighbour>("mac");
    at = neighbour.next;
  }
  return 0;
}

export function clearNeighbours(): void {
  forgetRoutes();
  count = 0;
  for (let i: u32 = 0; i < bucketCount; i++) {
    let at = load<usize>(buckets + (i << 2));
    while (at != 0) {
      const next = changetype<Neighbour>(at).next;
      release(at);
      at = next;
    }
    store<usize>(buckets + (i << 2), 0);
  }
}
