import { ENTRY_LABELS, Entry } from "../../conntrack/entry";
import { hasLabel, setLabel, useLabels } from "../../conntrack/labels";
import { Packet } from "../../packet/packet";
import { CONSULTED_STATE, context } from "../context";

/** -m connlabel (net/netfilter/xt_connlabel.c). */
@unmanaged
export class ConnlabelTest {
  label: u8;
  /** Sets the label where it is not set yet. */
  set: bool;
  invert: bool;
}

/** Connections have labels from the first such rule on (nf_connlabels_get). */
export function beginConnlabel(): void {
  useLabels(1);
}

export function endConnlabel(): void {
  useLabels(-1);
}

export function matchesConnlabel(packet: Packet, test: ConnlabelTest): bool {
  context.consulted |= CONSULTED_STATE;
  if (packet.ct == 0) return test.invert;
  const entry = changetype<Entry>(packet.ct);
  if (!(entry.status & ENTRY_LABELS)) return test.invert;
  if (hasLabel(entry, test.label)) return !test.invert;
  if (!test.set) return test.invert;
  setLabel(entry, test.label);
  return !test.invert;
}
