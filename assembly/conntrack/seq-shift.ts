import { EventKind } from "../abi/trace";
import { allocate } from "../memory/allocate";
import { config } from "../packet/config";
import { Packet } from "../packet/packet";
import { recordEventWithBytes } from "../trace/output";

/** How a segment's numbers were shifted, recorded where the host explains packets. */
@unmanaged
export class SequenceShift {
  sequenceBefore: u32;
  sequenceAfter: u32;
  acknowledgedBefore: u32;
  acknowledgedAfter: u32;
}

/** `config.record`: everything. */
const RECORD_ALL: u32 = 2;

const shift = changetype<SequenceShift>(allocate(offsetof<SequenceShift>()));

/** Notes the numbers before (`sequence`, `acknowledged`) and after. */
export function noteShift(
  packet: Packet,
  sequence: u32,
  acknowledged: u32,
  newSequence: u32,
  newAcknowledged: u32,
): void {
  if (config.record != RECORD_ALL) return;
  if (sequence == newSequence && acknowledged == newAcknowledged) return;
  shift.sequenceBefore = sequence;
  shift.sequenceAfter = newSequence;
  shift.acknowledgedBefore = acknowledged;
  shift.acknowledgedAfter = newAcknowledged;
  recordEventWithBytes(packet, EventKind.SequenceShift, 0, changetype<usize>(shift), offsetof<SequenceShift>());
}
