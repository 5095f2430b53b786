import { RouteType } from "../../abi/route";
import {
  ADDRTYPE_ANYCAST,
  ADDRTYPE_LOCAL,
  ADDRTYPE_MULTICAST,
  ADDRTYPE_UNICAST,
  ADDRTYPE_UNREACHABLE,
  ADDRTYPE_UNSPEC,
} from "../../abi/rule";
import { allocate } from "../../memory/allocate";
import { copyAddress, sameAddress } from "../../packet/bytes";
import { device, InterfaceAddress } from "../../packet/device";
import { Packet } from "../../packet/packet";
import { addressType, routeOutput } from "../../route/index";
import { FlowKey, isUsable, Route } from "../../route/route";
import { isMulticast6, isUnicast6, isUnspecified6 } from "../address6";
import { context } from "../context";

/** -m addrtype (net/netfilter/xt_addrtype.c). Types are bits, 1 << `RouteType`; 0 tests nothing. */
@unmanaged
export class AddrtypeTest {
  source: u32;
  destination: u32;
  notSource: bool;
  notDestination: bool;
  limitIn: bool;
  limitOut: bool;
}

export function matchesAddrtype(packet: Packet, test: AddrtypeTest): bool {
  let on: u32 = 0;
  if (test.limitIn) on = context.inDevice;
  else if (test.limitOut) on = context.outDevice;
  const family = packet.family;
  if (test.source != 0 && isOfType(family, packet.source, on, test.source) == test.notSource) return false;
  return test.destination == 0 || isOfType(family, packet.destination, on, test.destination) != test.notDestination;
}

function isOfType(family: u32, address: usize, on: u32, types: u32): bool {
  if (family == 6) return isOfType6(address, on, types);
  return ((types >> addressType(family, address, on)) & 1) != 0;
}

/** match_type6(): the classes are necessary; what routing knows decides where it is asked for. */
function isOfType6(address: usize, on: u32, types: u32): bool {
  if (types & ADDRTYPE_MULTICAST && !isMulticast6(address)) return false;
  if (types & ADDRTYPE_UNICAST && !isUnicast6(address)) return false;
  if (types & ADDRTYPE_UNSPEC && !isUnspecified6(address)) return false;
  if ((types & (ADDRTYPE_LOCAL | ADDRTYPE_ANYCAST | ADDRTYPE_UNREACHABLE)) == 0) return true;
  return (types & routedType6(address, on, types)) != 0;
}

const flow = changetype<FlowKey>(allocate(offsetof<FlowKey>()));
const route = changetype<Route>(allocate(offsetof<Route>()));

/** match_lookup_rt6(): as `ADDRTYPE_*` bits. */
function routedType6(address: usize, on: u32, types: u32): u32 {
  memory.fill(changetype<usize>(flow), 0, offsetof<FlowKey>());
  copyAddress(changetype<usize>(flow), address, 6);
  flow.family = 6;
  flow.outDevice = on;
  if (!isUsable(routeOutput(flow, route))) return ADDRTYPE_UNREACHABLE;
  let found: u32 = 0;
  if (on != 0) {
    if (types & ADDRTYPE_LOCAL && isAssigned(address, on)) found = ADDRTYPE_LOCAL;
  } else if (route.type == RouteType.Local) {
    found = ADDRTYPE_LOCAL;
  }
  return route.type == RouteType.Anycast ? found | ADDRTYPE_ANYCAST : found;
}

function isAssigned(address: usize, on: u32): bool {
  for (let at = device(on).addresses6; at != 0; at = changetype<InterfaceAddress>(at).next) {
    if (sameAddress(at, address)) return true;
  }
  return false;
}
