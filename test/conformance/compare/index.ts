import { compareEvents } from "./events.ts";
import { compareLines } from "./lines.ts";
import { connectionRows, conntrackRows, expectationRows, ipsetRows, ipvsRows } from "./listings.ts";
import type { Mask, Masks } from "./mask-names.ts";
import { comparePackets } from "./packets.ts";
import { type Comparison, type Difference, Findings, type ResultFiles } from "./results.ts";
import { compareRows, type Row } from "./rows.ts";
import { compareRules } from "./rules.ts";
import { compareVerdicts } from "./verdicts.ts";

/** Seconds that a remaining time may be off. */
const TIMEOUT_TOLERANCE = 5;

type CompareFile = (expected: Uint8Array, actual: Uint8Array, masks: Masks) => Comparison;

interface ComparedFile {
  readonly compare: CompareFile;
  /** The mask that leaves the whole file out. */
  readonly mask?: Mask;
  /** May be missing from what came out. */
  readonly isOptional?: true;
}

const FILES: Readonly<Record<string, ComparedFile>> = {
  "verdicts.json": { compare: compareVerdicts },
  "out.pcapng": { compare: comparePackets, mask: "packets" },
  "iptables.save": { compare: (...files) => compareRules("iptables.save", ...files) },
  "ip6tables.save": { compare: (...files) => compareRules("ip6tables.save", ...files) },
  "ipset.save": { compare: listing("ipset.save", ipsetRows), mask: "ipset" },
  "ipvs.services": { compare: listing("ipvs.services", ipvsRows) },
  "ipvs.stats": { compare: listing("ipvs.stats", ipvsRows), mask: "ipvs-stats" },
  "ipvs.conns": { compare: listing("ipvs.conns", connectionRows), mask: "ipvs-conns" },
  "conntrack.txt": { compare: listing("conntrack.txt", conntrackRows), mask: "conntrack" },
  "nf_conntrack.txt": { compare: listing("nf_conntrack.txt", conntrackRows), mask: "conntrack" },
  "nf_conntrack_expect.txt": { compare: listing("nf_conntrack_expect.txt", expectationRows), mask: "conntrack" },
  "expect.txt": { compare: listing("expect.txt", expectationRows), mask: "conntrack" },
  "nfacct.txt": { compare: (...files) => compareLines("nfacct.txt", ...files) },
  "events.txt": { compare: (want, got) => compareEvents("events.txt", want, got), mask: "conntrack" },
  "expect-events.txt": { compare: (want, got) => compareEvents("expect-events.txt", want, got), mask: "conntrack" },
  "log.txt": { compare: (...files) => compareLines("log.txt", ...files), mask: "log" },
  "trace.txt": { compare: (...files) => compareLines("trace.txt", ...files), mask: "trace", isOptional: true },
};

function listing(file: string, rowsOf: (file: Uint8Array, masks: Masks) => Row[]): CompareFile {
  return (expected, actual, masks) => {
    const tolerance = masks.has("timeouts") ? Number.POSITIVE_INFINITY : TIMEOUT_TOLERANCE;
    return compareRows(file, rowsOf(expected, masks), rowsOf(actual, masks), tolerance);
  };
}

/**
 * Compares what came out of a replay with what the kernel did.
 *
 * @param expected only the files that were recorded are compared.
 * @returns every difference, the earliest packet's first, then what belongs to no single packet. Empty when they agree.
 */
export function compareResults(expected: ResultFiles, actual: ResultFiles, masks: Masks): Difference[] {
  const differences: Difference[] = [];
  for (const [file, { compare, mask, isOptional }] of Object.entries(FILES)) {
    const want = expected.get(file);
    const got = actual.get(file);
    if (!want || (mask && masks.has(mask)) || (!got && isOptional)) continue;
    differences.push(...(got ? compareFile(file, compare, want, got, masks) : [{ file, text: "was not written" }]));
  }
  return differences.sort(
    (a, b) => (a.packet ?? Number.POSITIVE_INFINITY) - (b.packet ?? Number.POSITIVE_INFINITY) || 0,
  );
}

function compareFile(file: string, compare: CompareFile, want: Uint8Array, got: Uint8Array, masks: Masks) {
  try {
    return compare(want, got, masks).differences;
  } catch (error) {
    const findings = new Findings(file);
    findings.differs(`cannot be read: ${error instanceof Error ? error.message : String(error)}`);
    return findings.differences;
  }
}
