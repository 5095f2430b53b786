import { Packet } from "../../packet/packet";
import { CONSULTED_STATE, context } from "../context";

/** -m quota (net/netfilter/xt_quota.c). What is left belongs to the rule and begins anew with it. */
@unmanaged
export class QuotaTest {
  left: u64;
  invert: bool;
}

/** The first packet that does not fit ends the quota for smaller ones as well. */
export function matchesQuota(packet: Packet, test: QuotaTest): bool {
  context.consulted |= CONSULTED_STATE;
  if (test.left >= packet.length) {
    test.left -= packet.length;
    return !test.invert;
  }
  test.left = 0;
  return test.invert;
}
