import { CtEvent } from "../abi/conntrack";
import { EventKind } from "../abi/trace";
import { nowNs } from "../packet/clock";
import { config } from "../packet/config";
import { events, TRACE_EVENT_SIZE, TraceEvent } from "../trace/output";
import { coldOf, Entry } from "./entry";
import { describeExpectation, ExpectationRecord } from "./expectation-record";
import { Expectation } from "./expected";
import { Extension } from "./extension";

/** What listeners hear of an expectation, where its connection's events are told (nf_ct_expect_event_report). */
export function reportExpectation(expectation: Expectation, event: CtEvent): void {
  if (!config.listensEvents) return;
  const extension = coldOf(changetype<Entry>(expectation.master)).extension;
  if (extension == 0 || !(changetype<Extension>(extension).eventMask & ((<u32>1) << (<u32>event)))) return;
  const size = (TRACE_EVENT_SIZE + <u32>offsetof<ExpectationRecord>() + 7) & ~7;
  const told = changetype<TraceEvent>(events.append(size));
  memory.fill(changetype<usize>(told), 0, size);
  told.size = size;
  told.kind = EventKind.Expectation;
  told.subject = event == CtEvent.ExpectNew ? 1 : 0;
  told.dataLength = <u32>offsetof<ExpectationRecord>();
  told.timeNs = nowNs;
  const record = describeExpectation(expectation);
  memory.copy(changetype<usize>(told) + TRACE_EVENT_SIZE, record, offsetof<ExpectationRecord>());
}
