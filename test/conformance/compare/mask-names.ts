/** What a scenario, or one of its packets, may leave out of the comparison, because the kernel decides it by chance. */
export const MASKS = [
  "ip-id",
  "snat-port",
  "endpoint-choice",
  "counters",
  "conntrack",
  "ipvs-conns",
  "ipvs-stats",
  "ipset",
  "icmp-quote",
  "timeouts",
  "packets",
  "log",
  "tcp-seq",
  "order",
  "flow-label",
  "frag6-id",
  "l4-csum",
  "trace",
] as const;

export type Mask = (typeof MASKS)[number];
export type Masks = ReadonlySet<Mask>;

/** @throws Error for a word that is no mask: a comparison that ignored it would be stricter than the recording. */
export function masksOf(words: Iterable<string>): Set<Mask> {
  const masks = new Set<Mask>();
  for (const word of words) {
    if (word === "") continue;
    if (!(MASKS as readonly string[]).includes(word)) throw new Error(`unknown mask ${word}`);
    masks.add(word as Mask);
  }
  // Recorded in another run than the packets, which chose other endpoints.
  if (masks.has("endpoint-choice")) masks.add("trace");
  return masks;
}
