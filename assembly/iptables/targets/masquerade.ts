import { Direction } from "../../abi/conntrack";
import { Reason } from "../../abi/fate";
import { Verdict } from "../../abi/netfilter";
import { SCOPE_UNIVERSE } from "../../abi/route";
import { tupleAddress } from "../../conntrack/entry";
import { allocate } from "../../memory/allocate";
import { Manip, setupBinding } from "../../nat/index";
import { setMasqueradeDevice } from "../../nat/masquerade";
import { NatRange } from "../../nat/range";
import { copyAddress } from "../../packet/bytes";
import { Packet } from "../../packet/packet";
import { selectAddress } from "../../route/index";
import { drop } from "../../trace/output";
import { context } from "../context";
import { oneAddress } from "./one-address";

const toward = allocate(16);
const source = allocate(16);

/** -j MASQUERADE (net/netfilter/nf_nat_masquerade.c): the source becomes an address of the outgoing device. */
export function runMasquerade(packet: Packet, rule: NatRange): Verdict {
  const family = packet.family;
  // A local packet without a source address is not meant to be masqueraded.
  if (family == 4 && load<u32>(tupleAddress(packet.ct, Direction.Original, 0)) == 0) return Verdict.Accept;
  copyAddress(toward, packet.destination, family);
  if (family == 4 && packet.viaGateway) store<u64>(toward, packet.nextHop0);
  if (!selectAddress(family, context.outDevice, toward, SCOPE_UNIVERSE, source)) {
    drop(packet, Reason.Masquerade);
    return Verdict.Drop;
  }
  setMasqueradeDevice(packet.ct, context.outDevice);
  return setupBinding(packet, oneAddress(rule, source), Manip.Source);
}
