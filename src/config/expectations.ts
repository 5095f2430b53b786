import type { Address } from "../model/address.ts";
import type { ConntrackEntry, ConntrackExpectation } from "../model/conntrack.ts";
import type { Warning } from "../model/node.ts";
import { formatAddress, parseAddress } from "./address.ts";
import { ConfigError } from "./error.ts";

/** Protocols of connections that have these helpers. */
const MASTER_PROTOCOLS = { ftp: 6, tftp: 17 } as const;
const FLAGS = ["PERMANENT", "INACTIVE", "USERSPACE"] as const;
const LINE =
  /^(-?\d+) proto=(\d+) src=(\S+) dst=(\S+) sport=(\d+) dport=(\d+) mask-src=(\S+) mask-dst=\S+ sport=(\d+) dport=\d+ master-src=(\S+) master-dst=(\S+) sport=(\d+) dport=(\d+) (?:([A-Z,]+) )?class=(\d+)(?: helper=(\S+))?$/;

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
  const masters = new Set(connections.map(({ protocol, original }) => endsOf(protocol, original)));
  const expectations: ConntrackExpectation[] = [];
  const warnings: Warning[] = [];
  for (const [i, line] of text.split("\n").entries()) {
    if (line.trim() === "" || line.startsWith("conntrack v")) continue;
    const at = { file, line: i + 1, column: 1 };
    const parsed = parseLine(line.trim(), at);
    const why = typeof parsed === "string" ? parsed : missingMaster(parsed, masters);
    if (why === undefined) expectations.push(parsed as ConntrackExpectation);
    else warnings.push({ code: "EXPECTATION_LEFT_OUT", message: `what is expected here is left out: ${why}`, at });
  }
  return { expectations, warnings };
}

function missingMaster({ helper, master }: ConntrackExpectation, masters: ReadonlySet<string>): string | undefined {
  return masters.has(endsOf(MASTER_PROTOCOLS[helper], master))
    ? undefined
    : "the connection that expects it is not in conntrack.txt";
}

function endsOf(protocol: number, tuple: ConntrackExpectation["master"]): string {
  const { source, destination, sourcePort, destinationPort } = tuple;
  return [protocol, formatAddress(source), sourcePort, formatAddress(destination), destinationPort].join(" ");
}

/** @returns the expectation, or why it is left out. */
function parseLine(line: string, at: ConntrackExpectation["at"]): ConntrackExpectation | string {
  const fields = LINE.exec(line);
  if (!fields) throw new ConfigError("ERR_SYNTAX", at, "expected a line of `conntrack -L expect'");
  const number = (i: number) => Number(fields[i]);
  const address = (i: number): Address => {
    const parsed = parseAddress(fields[i]!);
    if (!parsed) throw new ConfigError("ERR_SYNTAX", at, `\`${fields[i]}' is no address`);
    return parsed;
  };
  const helper = fields[15] ?? "";
  if (helper !== "ftp" && helper !== "tftp") return `the helper ${helper || "of a program"} is not emulated`;
  const source = address(3);
  const flags = fields[13]?.split(",") ?? [];
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
    class: number(14),
    helper,
    at,
  };
}
