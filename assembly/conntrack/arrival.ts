import { Helper, IPS_EXPECTED } from "../abi/conntrack";
import { followMaster } from "../nat/follow-master";
import { Entry } from "./entry";
import { Expectation, giveMet, meetExpectation, OnArrival } from "./expectation";
import { addHelp, extensionOf } from "./extension";
import { Tuple } from "./tuple";
import { inheritsHelper } from "./versions";

/** What IPVS does with a connection that it expected; set by ipvs/, which conntrack does not import. */
let arriveForIpvs: ((entry: Entry, expectation: Expectation) => void) | null = null;

/** ipvs/ sets what `OnArrival.Ipvs` calls: the entry is new and unconfirmed, its two tuples are those of the packet. */
export function setArrivalForIpvs(arrive: (entry: Entry, expectation: Expectation) => void): void {
  arriveForIpvs = arrive;
}

/**
 * Is the new connection one that another expects (init_conntrack)? Then it belongs to that one, has its mark, and is translated
 * as that one's helper says. The entry must not be in the table yet.
 */
export function arriveExpected(entry: Entry, tuple: Tuple, zone: u32): bool {
  const at = meetExpectation(tuple, zone);
  if (at == 0) return false;
  const met = changetype<Expectation>(at);
  const master = changetype<Entry>(met.master);
  master.references += 1;
  extensionOf(entry).master = met.master;
  entry.addStatus(IPS_EXPECTED);
  entry.mark = master.mark;
  const assigned = inheritsHelper() ? met.helper : met.assignHelper;
  if (assigned != Helper.None) addHelp(entry).helper = assigned;
  if (met.onArrival == OnArrival.FollowMaster) followMaster(entry, met);
  else if (met.onArrival == OnArrival.Ipvs) arriveForIpvs!(entry, met);
  giveMet(met);
  return true;
}
