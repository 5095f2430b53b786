import { hz, nowNs, nowTicks } from "../packet/clock";
import { config } from "../packet/config";
import { coldOf, Entry } from "./entry";
import { Extension, extensionOf } from "./extension";

const NS_PER_SECOND: u64 = 1_000_000_000;

/** A new connection keeps its times where net.netfilter.nf_conntrack_timestamp is on (nf_ct_tstamp_ext_add). */
export function beginTimes(entry: Entry): void {
  if (config.conntrackTimestamp) extensionOf(entry).isTimed = 1;
}

/** It is confirmed (nf_conntrack_insert_prepare). */
export function noteStart(entry: Entry): void {
  if (isTimed(entry)) changetype<Extension>(coldOf(entry).extension).startNs = nowNs;
}

/** It ends (nf_ct_delete): now, or when its time came. */
export function noteStop(entry: Entry): void {
  if (!isTimed(entry)) return;
  const over = <i32>(<u32>nowTicks - entry.timeout);
  const late: u64 = over > 0 ? (<u64>over * NS_PER_SECOND) / hz : 0;
  changetype<Extension>(coldOf(entry).extension).stopNs = nowNs - late;
}

/** It began before the run. */
export function restoreStart(entry: Entry, startNs: u64): void {
  const extension = extensionOf(entry);
  extension.isTimed = 1;
  extension.startNs = startNs;
}

function isTimed(entry: Entry): bool {
  const extension = coldOf(entry).extension;
  return extension != 0 && changetype<Extension>(extension).isTimed != 0;
}
