import { WILDCARD_OFFSET } from "./layout";
import { KernelSet } from "./set";

/**
 * How many elements of the last bucket that was searched have the network that was sought, whatever their interface:
 * hash:net,iface looks no further than the longest prefix that has any (IP_SET_HASH_WITH_MULTI).
 */
export let sameNetworks: u32 = 0;

export function resetSameNetworks(): void {
  sameNetworks = 0;
}

/** Is the stored element the one with this key (mtype_data_equal)? */
export function equals(set: KernelSet, element: usize, key: usize): bool {
  const size = set.keySize;
  for (let i: u32 = 0; i < size; i += 4) {
    if (load<u32>(element + i) != load<u32>(key + i)) {
      // physdev is no part of the network, but of the key.
      if (set.interfaceOffset == 0 || i != set.addressSize) return false;
      if (sameNetworkAs(element + i, key + i)) sameNetworks += 1;
      return false;
    }
  }
  if (set.interfaceOffset == 0) return true;
  sameNetworks += 1;
  return sameInterface(element + set.interfaceOffset, key + set.interfaceOffset);
}

/** `| physdev | prefix | nomatch | 1 |`: the prefix decides. */
function sameNetworkAs(a: usize, b: usize): bool {
  return load<u8>(a, 1) == load<u8>(b, 1);
}

function sameInterface(stored: usize, sought: usize): bool {
  if (load<u8>(stored + WILDCARD_OFFSET) == 0) {
    return load<u64>(stored) == load<u64>(sought) && load<u64>(stored, 8) == load<u64>(sought, 8);
  }
  for (let i: u32 = 0; i < 16; i++) {
    const expected = load<u8>(stored + i);
    if (expected == 0) return true;
    if (expected != load<u8>(sought + i)) return false;
  }
  return true;
}
