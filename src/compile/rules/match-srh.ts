import {
  MatchKind,
  SRH_LAST_EQUAL,
  SRH_LAST_GREATER,
  SRH_LAST_LESS,
  SRH_LAST_SID,
  SRH_LENGTH_EQUAL,
  SRH_LENGTH_GREATER,
  SRH_LENGTH_LESS,
  SRH_NEXT_HEADER,
  SRH_NEXT_SID,
  SRH_PREVIOUS_SID,
  SRH_SEGMENTS_EQUAL,
  SRH_SEGMENTS_GREATER,
  SRH_SEGMENTS_LESS,
  SRH_TAG,
} from "../../../assembly/abi/rule.ts";
import { SidTestLayout, SrhTestLayout } from "../../core/layout.generated.ts";
import type { Field } from "../../core/record.ts";
import type { Negatable, Prefix } from "../../model/address.ts";
import type { SrhComparison, SrhMatch } from "../../model/match.ts";
import { matchEncoder, TestBits } from "./encoder.ts";
import { RecordWriter } from "./image.ts";

const layout = SrhTestLayout;

export const srh = matchEncoder<SrhMatch>(MatchKind.Srh, layout, (to, match) => {
  const collected = new TestBits();
  to.set(layout.nextHeader, collected.add(SRH_NEXT_HEADER, match.nextHeader) ?? 0);
  const compare = (field: Field, test: SrhComparison | undefined, bits: readonly [number, number, number]) => {
    if (!test) return;
    to.set(field, test.value);
    collected.add(bits[0], test.equal);
    collected.add(bits[1], test.greater);
    collected.add(bits[2], test.less);
  };
  compare(layout.length, match.length, [SRH_LENGTH_EQUAL, SRH_LENGTH_GREATER, SRH_LENGTH_LESS]);
  compare(layout.segmentsLeft, match.segmentsLeft, [SRH_SEGMENTS_EQUAL, SRH_SEGMENTS_GREATER, SRH_SEGMENTS_LESS]);
  compare(layout.lastEntry, match.lastEntry, [SRH_LAST_EQUAL, SRH_LAST_GREATER, SRH_LAST_LESS]);
  to.set(layout.tag, collected.add(SRH_TAG, match.tag) ?? 0);
  const segment = (field: Field, test: Negatable<Prefix> | undefined, bit: number) => {
    const prefix = collected.add(bit, test);
    if (!prefix) return;
    const record = to.image.reserve(SidTestLayout.byteLength);
    to.point(field, record);
    const sid = new RecordWriter(to.image, record);
    sid.bytes(SidTestLayout.address0, prefix.address);
    sid.bytes(SidTestLayout.mask0, prefix.mask);
  };
  segment(layout.previous, match.previousSid, SRH_PREVIOUS_SID);
  segment(layout.next, match.nextSid, SRH_NEXT_SID);
  segment(layout.last, match.lastSid, SRH_LAST_SID);
  to.set(layout.tests, collected.tests);
  to.set(layout.inverted, collected.inverted);
});
