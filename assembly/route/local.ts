import { RouteType, TABLE_LOCAL } from "../abi/route";
import { allocate } from "../memory/allocate";
import { findOwnAddress } from "./addresses";
import { FibEntry, FibNextHop, findTable } from "./fib";
import { FibResult, FibStatus, lookupTable, newFibResult } from "./lookup";
import { FLOW_KEY_SIZE, FlowKey } from "./route";

const flow = changetype<FlowKey>(allocate(FLOW_KEY_SIZE));
const result: FibResult = newFibResult();

/** Looks one IPv4 address up in table local. */
function lookupLocal(address: u64): FibStatus {
  const table = findTable(4, TABLE_LOCAL);
  if (table == 0) return FibStatus.Again;
  memory.fill(changetype<usize>(flow), 0, FLOW_KEY_SIZE);
  flow.destination0 = address;
  flow.family = 4;
  return lookupTable(flow, table, result);
}

/** The device whose address this is, by the addresses or else by table local (__ip_dev_find); 0 for none. */
export function localDevice(address: u64): u32 {
  const own = findOwnAddress(4, address, 0);
  if (own != 0) return own;
  if (lookupLocal(address) != FibStatus.Found) return 0;
  if (changetype<FibEntry>(result.entry).type != RouteType.Local) return 0;
  return changetype<FibNextHop>(result.hop).device;
}

/**
 * Type of an IPv4 address by table local (inet_dev_addr_type).
 * @param onDevice counts only routes over this device; 0: any.
 */
export function tableType4(address: u64, onDevice: u32): RouteType {
  if (lookupLocal(address) != FibStatus.Found) return RouteType.Unicast;
  if (onDevice != 0 && changetype<FibNextHop>(result.hop).device != onDevice) return RouteType.Unicast;
  return changetype<FibEntry>(result.entry).type;
}
