import type { LoadedSets } from "../compile/ipset.ts";
import { printIpsetSave } from "../config/ipset/save.ts";

/** The sets as `ipset save` would print them now: members as the kernel lists them, remaining timeouts, counters. */
export function reportIpsets(sets: LoadedSets): string {
  return printIpsetSave(sets.read());
}
