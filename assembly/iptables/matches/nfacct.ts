import { AccountQuota } from "../../abi/rule";
import { Packet } from "../../packet/packet";
import { account } from "../accounts";
import { CONSULTED_STATE, context } from "../context";

/** -m nfacct (net/netfilter/xt_nfacct.c): counts in an object; true unless that has a quota which is not used up. */
@unmanaged
export class NfacctTest {
  /** Number of the object. */
  account: u32;
}

export function matchesNfacct(packet: Packet, test: NfacctTest): bool {
  context.consulted |= CONSULTED_STATE;
  const object = account(test.account);
  object.packets += 1;
  object.bytes += packet.length;
  if (object.quotaOf == AccountQuota.None) return true;
  const used = object.quotaOf == AccountQuota.Packets ? object.packets : object.bytes;
  if (used >= object.quota) object.reported = 1;
  return used > object.quota;
}
