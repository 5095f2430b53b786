import { Shortcut } from "../iptables/shortcut";
import { countInLane, fillInverse, findInLane, isAnswerInLane } from "../ipvs/index";
import { load16 } from "../packet/bytes";
import { InputRecord } from "../packet/input-record";
import { ETHERNET, HOP_CHANGE, holds, hop, leave, Passage, translate, wrapLane } from "./express";

/** What an ending says of a packet without a connection of conntrack. */
const NO_ENTRY: u32 = 15;

const inverse = memory.data(16, 16);

/**
 * The express lane where conntrack is off: packets of IPVS connections, which have their shortcuts themselves.
 *
 * @param mac where the link header of the record's packet lies.
 */
export function expressUntracked(record: InputRecord, mac: usize): Passage {
  const data = mac + ETHERNET;
  const shortcut = findInLane(data);
  if (shortcut == 0) return Passage.Walks;
  const known = changetype<Shortcut>(shortcut);
  const protocol: u32 = load<u8>(data, 9);
  const length = load16(data + 2);
  if (!holds(4, known, record, mac, protocol, length)) return Passage.Walks;
  const captured = min(record.captured, length);
  countInLane(wrapLane(4, data, length, captured, protocol, NO_ENTRY), isAnswerInLane ? 1 : 0);
  const out = leave(record, data, known, length, captured, NO_ENTRY);
  if (known.isTranslated) {
    fillInverse(inverse);
    translate(data, out, protocol, data + 12, inverse);
  } else {
    hop(data, out, HOP_CHANGE);
  }
  return Passage.Left;
}
