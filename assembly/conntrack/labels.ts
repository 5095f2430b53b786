import { CtEvent } from "../abi/conntrack";
import { coldOf, ENTRY_LABELS, Entry } from "./entry";
import { noteEvent } from "./event";
import { Extension, extensionOf } from "./extension";

/** Labels of connections (net/netfilter/nf_conntrack_labels.c): 128 bits that rules set and ask for. */

/** How many rules are loaded that use labels. */
let users: i32 = 0;

export function useLabels(change: i32): void {
  users += change;
}

/** New connections can be labelled while a rule uses labels (nf_ct_labels_ext_add). */
export function labelNew(entry: Entry): void {
  if (users > 0) entry.status |= <u16>ENTRY_LABELS;
}

export function hasLabel(entry: Entry, label: u32): bool {
  const extension = coldOf(entry).extension;
  return extension != 0 && (load<u8>(extension + (label >> 3)) >> (label & 7)) % 2 != 0;
}

export function setLabel(entry: Entry, label: u32): void {
  const at = changetype<usize>(extensionOf(entry)) + (label >> 3);
  store<u8>(at, <u32>load<u8>(at) | ((<u32>1) << (label & 7)));
  noteEvent(entry, CtEvent.Label);
}

export function restoreLabels(entry: Entry, first: u64, second: u64): void {
  labelNew(entry);
  if (!(entry.status & ENTRY_LABELS) || (first | second) == 0) return;
  const extension = extensionOf(entry);
  extension.labels0 = first;
  extension.labels1 = second;
}

assert(offsetof<Extension>("labels0") == 0 && offsetof<Extension>("labels1") == 8);
