import { NAT_RANGE_MAP_IPS, NAT_RANGE_PERSISTENT } from "../abi/nat";
import { Tuple } from "../conntrack/tuple";
import { jhash2, reciprocalScale } from "../hash/jhash";
import { sameAddress } from "../packet/bytes";
import { Manip } from "./manip";
import { NatRange } from "./range";

/**
 * Chooses the address of a range by a hash of source and destination (find_best_ips_proto, net/netfilter/nf_nat_core.c),
 * the same after every reboot; with `--persistent` by the source alone.
 *
 * @param zone packed zone; its id takes part in the hash.
 */
export function chooseAddress(tuple: Tuple, range: NatRange, manip: Manip, zone: u32): void {
  if (!(range.flags & NAT_RANGE_MAP_IPS)) return;
  const low = changetype<usize>(range) + offsetof<NatRange>("min0");
  const high = changetype<usize>(range) + offsetof<NatRange>("max0");
  const source = changetype<usize>(tuple);
  const destination = source + offsetof<Tuple>("destination0");
  const chosen = manip == Manip.Source ? source : destination;
  if (sameAddress(low, high)) {
    memory.copy(chosen, low, 16);
    return;
  }
  const last: u32 = tuple.family == 4 ? 0 : 3;
  const persistent = (range.flags & NAT_RANGE_PERSISTENT) != 0;
  let hash = jhash2(source, 4, persistent ? 0 : load<u32>(destination + (last << 2)) ^ (zone & 0xffff));
  // Words are chosen one after another: once one lies below the range's end, the rest is free.
  let isFree = false;
  for (let i: u32 = 0; i <= last; i++) {
    const at = i << 2;
    const first = isFree ? 0 : bswap<u32>(load<u32>(low + at));
    const distance = isFree ? 0xffffffff : bswap<u32>(load<u32>(high + at)) - first + 1;
    const word = bswap<u32>(first + reciprocalScale(hash, distance));
    store<u32>(chosen + at, word);
    if (word != load<u32>(high + at)) isFree = true;
    // For a destination this is the word just chosen.
    if (!persistent) hash ^= load<u32>(destination + at);
  }
}
