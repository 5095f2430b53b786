import { NAT_RANGE_MAP_IPS } from "../../abi/nat";
import { allocate } from "../../memory/allocate";
import { NatRange } from "../../nat/range";

const range = changetype<NatRange>(allocate(offsetof<NatRange>()));

/** A range of the one address (16 bytes) with the ports and flags of the rule's; valid until the next call. */
export function oneAddress(rule: NatRange, address: usize): NatRange {
  range.min0 = load<u64>(address);
  range.min1 = load<u64>(address, 8);
  range.max0 = range.min0;
  range.max1 = range.min1;
  range.flags = rule.flags | NAT_RANGE_MAP_IPS;
  range.minPort = rule.minPort;
  range.maxPort = rule.maxPort;
  range.basePort = 0;
  return range;
}
