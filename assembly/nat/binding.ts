import { IPS_DST_NAT, IPS_HELPER, IPS_SRC_NAT } from "../abi/conntrack";
import { NAT_RANGE_MAP_IPS } from "../abi/nat";
import { Verdict } from "../abi/netfilter";
import { Entry } from "../conntrack/entry";
import { addSeqAdjust } from "../conntrack/extension";
import { invertTuple, loadTuple, newTuple, sameTuple, storeTuple, Tuple } from "../conntrack/tuple";
import { allocate } from "../memory/allocate";
import { addBySource } from "./by-source";
import { doneBit, Manip } from "./manip";
import { NatRange } from "./range";
import { findUniqueTuple } from "./unique-tuple";

const reply = newTuple();
const current = newTuple();
const made = newTuple();
const nullRange = changetype<NatRange>(allocate(offsetof<NatRange>()));

/**
 * Decides how a new connection is translated at hooks of one kind (nf_nat_setup_info): its reply tuple becomes what
 * answers will look like. A confirmed connection is past that and stays as it is.
 */
export function bind(entry: Entry, range: NatRange, manip: Manip): Verdict {
  if (entry.isConfirmed) return Verdict.Accept;
  if (entry.status & doneBit(manip)) return Verdict.Drop;
  loadTuple(entry, 1, reply);
  invertTuple(current, reply);
  findUniqueTuple(made, current, range, entry, manip);
  if (!sameTuple(made, current)) {
    invertTuple(reply, made);
    storeTuple(entry, 1, reply);
    entry.addStatus(manip == Manip.Source ? IPS_SRC_NAT : IPS_DST_NAT);
    if (entry.status & IPS_HELPER) addSeqAdjust(entry);
  }
  if (manip == Manip.Source) addBySource(entry);
  entry.addStatus(doneBit(manip));
  return Verdict.Accept;
}

/** No rule translates: the address stays, the source port only where it is free (nf_nat_alloc_null_binding). */
export function bindToItself(entry: Entry, manip: Manip): Verdict {
  loadTuple(entry, 1, reply);
  const side = changetype<usize>(reply) + (manip == Manip.Source ? offsetof<Tuple>("destination0") : 0);
  memory.copy(changetype<usize>(nullRange) + offsetof<NatRange>("min0"), side, 16);
  memory.copy(changetype<usize>(nullRange) + offsetof<NatRange>("max0"), side, 16);
  nullRange.flags = NAT_RANGE_MAP_IPS;
  return bind(entry, nullRange, manip);
}
