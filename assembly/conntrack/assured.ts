import { CtEvent, IPS_ASSURED } from "../abi/conntrack";
import { Entry } from "./entry";
import { noteEvent } from "./event";

/** The connection is worth keeping when the table is full. */
export function setAssured(entry: Entry): void {
  if (entry.status & IPS_ASSURED) return;
  entry.addStatus(IPS_ASSURED);
  noteEvent(entry, CtEvent.Assured);
}
