import type { IpSet, SetTypeName } from "../model/ipset.ts";

/** What the kernel compares of two sets' types before it swaps them (struct ip_set_type, `features`). */
export function featuresOf(type: SetTypeName): string {
  const features = new Set<string>();
  const parts = type.slice(type.indexOf(":") + 1).split(",");
  for (const part of parts) {
    // "net" is an address as well; a second one is a feature of its own.
    const feature = part === "net" ? "ip" : part;
    features.add(features.has(feature) ? `${feature}2` : feature);
  }
  if (parts.includes("net")) features.add("nomatch");
  return [...features].sort().join(",");
}

/** Would `create -exist` take the one for the other (the types' same_set)? */
export function isSameSet(a: IpSet, b: IpSet): boolean {
  return (
    a.type === b.type &&
    a.maxelem === b.maxelem &&
    a.timeout === b.timeout &&
    a.netmask === b.netmask &&
    a.markmask === b.markmask &&
    a.range?.from === b.range?.from &&
    a.range?.to === b.range?.to &&
    a.size === b.size &&
    a.counters === b.counters &&
    a.comment === b.comment &&
    a.skbinfo === b.skbinfo
  );
}
