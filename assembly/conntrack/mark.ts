import { CtEvent } from "../abi/conntrack";
import { Entry } from "./entry";
import { noteEvent } from "./event";

/** A rule sets the connection's mark. `ct` is never 0. */
export function setCtMark(ct: usize, mark: u32): void {
  const entry = changetype<Entry>(ct);
  if (entry.mark == mark) return;
  entry.mark = mark;
  noteEvent(entry, CtEvent.Mark);
}
