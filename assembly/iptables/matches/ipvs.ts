import { Packet } from "../../packet/packet";
import { CONSULTED_STATE, context } from "../context";

/** -m ipvs (net/netfilter/xt_ipvs.c). `tests` and `inverted` are `IPVS_TEST_*` bits. */
@unmanaged
export class IpvsTest {
  address0: u64;
  address1: u64;
  mask0: u64;
  mask1: u64;
  tests: u32;
  inverted: u32;
  /** A `ForwardMethod`. */
  method: u32;
  port: u16;
  controlPort: u16;
  protocol: u8;
}

export function matchesIpvs(packet: Packet, _test: IpvsTest): bool {
  context.consulted |= CONSULTED_STATE;
  return packet.ipvsProperty != 0;
}
