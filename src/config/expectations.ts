import type { Address } from "../model/address.ts";
import type { ConntrackEntry, ConntrackExpectation } from "../model/conntrack.ts";
import type { Warning } from "../model/node.ts";
import { formatAddress, parseAddress } from "./address.ts";
import { ConfigError } from "./error.ts";

/** Protocols of connections that have these helpers. */
const MASTER_PROTOCOLS = { ftp: 6, tftp: 17 } as const;
const FLAGS = ["PERMANENT", "INACTIVE", "USERSPACE"] as const;
const LINE =
  /^(-?\d+) proto=(\d+) src=(\S+) dst=(\S+) sport=(\d+) dport=(\d+) mask-src=(\S+) mask-dst=\S+ sport=(\d+) dport=\d+ master-src=(\S+) master-dst=(\S+) sport=(\d+) dport=(\d+) (?:zone=(\d+) )?(?:([A-Z,]+) )?class=(\d+)(?: helper=(\S+))?$/;

/** An expectation as it stands in its line, whose master's zone is not known yet. */
type ParsedLine = Omit<ConntrackExpectation, "master"> & {
  readonly master: Omit<ConntrackExpectation["master"], "zone">;
  /** Where the line says one, as the kernel's do not. */
  readonly zone?: number;
};

export interface ParsedExpectations {
  readonly expectations: readonly ConntrackExpectation[];
  readonly warnings: readonly Warning[];
}

/**
 * Parses what `conntrack -L expect` shows. What expects nothing here, because its helper is not emulated or its connection is
 * not among those of the node, is left out with a warning.
 *
 * @param connections the node's, as its table lists them.
 * @throws ConfigError for a line that is none.
 */
export function parseExpectations(
  text: string,
  file: string,
  connections: readonly ConntrackEntry[],
): ParsedExpectations {
  const masters = connectionsByEnds(connections);
  const expectations: ConntrackExpectation[] = [];
  const warnings: Warning[] = [];
  for (const [i, line] of text.split("\n").entries()) {
    if (line.trim() === "" || line.startsWith("conntrack v")) continue;
    const at = { file, line: i + 1, column: 1 };
    const parsed = parseLine(line.trim(), at);
    const placed = typeof parsed === "string" ? parsed : inZoneOfMaster(parsed, masters);
    if (typeof placed !== "string") expectations.push(placed);
    else warnings.push({ code: "EXPECTATION_LEFT_OUT", message: `what is expected here is left out: ${placed}`, at });
  }
  return { expectations, warnings };
}

/**
 * The kernel does not say in which zone something is expected (ctnetlink_exp_dump_expect has no CTA_EXPECT_ZONE): it is that of
 * the connection that expects it.
 *
 * @returns the expectation, or why it is left out.
 */
function inZoneOfMaster(
  { zone, ...expectation }: ParsedLine,
  masters: ReadonlyMap<string, readonly ConntrackEntry[]>,
): ConntrackExpectation | string {
  const { helper, master } = expectation;
  const there = masters.get(endsOf(MASTER_PROTOCOLS[helper], master)) ?? [];
  const inZone = zone === undefined ? there : there.filter((entry) => originalZone(entry) === zone);
  if (inZone.length === 0) return "the connection that expects it is not in conntrack.txt";
  const withHelper = inZone.filter((entry) => entry.helper === helper);
  const [found, another] = withHelper.length > 0 ? withHelper : inZone;
  if (another) return `connections of zones ${originalZone(found!)} and ${originalZone(another)} could expect it`;
  return { ...expectation, master: { ...master, zone: originalZone(found!) } };
}

function connectionsByEnds(connections: readonly ConntrackEntry[]): ReadonlyMap<string, readonly ConntrackEntry[]> {
  const byEnds = new Map<string, ConntrackEntry[]>();
  for (const entry of connections) {
    const ends = endsOf(entry.protocol, entry.original);
    const there = byEnds.get(ends);
    if (there) there.push(entry);
    else byEnds.set(ends, [entry]);
  }
  return byEnds;
}

function originalZone({ zone, zoneDirections }: ConntrackEntry): number {
  return zoneDirections === "reply" ? 0 : zone;
}

function endsOf(protocol: number, tuple: ParsedLine["master"]): string {
  const { source, destination, sourcePort, destinationPort } = tuple;
  return [protocol, formatAddress(source), sourcePort, formatAddress(destination), destinationPort].join(" ");
}

/** @returns the expectation, or why it is left out. */
function parseLine(line: string, at: ConntrackExpectation["at"]): ParsedLine | string {
  const fields = LINE.exec(line);
  if (!fields) throw new ConfigError("ERR_SYNTAX", at, "expected a line of `conntrack -L expect'");
  const number = (i: number) => Number(fields[i]);
  const address = (i: number): Address => {
    const parsed = parseAddress(fields[i]!);
    if (!parsed) throw new ConfigError("ERR_SYNTAX", at, `\`${fields[i]}' is no address`);
    return parsed;
  };
  const helper = fields[16] ?? "";
  if (helper !== "ftp" && helper !== "tftp") return `the helper ${helper || "of a program"} is not emulated`;
  const source = address(3);
  const flags = fields[14]?.split(",") ?? [];
  return {
    family: source.length === 4 ? 4 : 6,
    protocol: number(2),
    secondsLeft: Math.max(number(1), 0),
    source,
    destination: address(4),
    sourcePort: number(5),
    destinationPort: number(6),
    sourceMask: address(7),
    sourcePortMask: number(8),
    master: { source: address(9), destination: address(10), sourcePort: number(11), destinationPort: number(12) },
    flags: FLAGS.filter((name) => flags.includes(name)),
    class: number(15),
    helper,
    ...(fields[13] === undefined ? {} : { zone: number(13) }),
    at,
  };
}
