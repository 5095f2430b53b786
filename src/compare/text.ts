import { type Style, UNSTYLED } from "../trace/style.ts";
import type { Comparison, DifferenceGroup, PacketDifference, ServiceSpread } from "./comparison.ts";
import { kindWords, spreadRows, summaryWords, totalRows } from "./words.ts";

/** What the text shows at most; the JSON has all. */
const MOST_GROUPS = 12;
const MOST_SIDE_BY_SIDE = 2;
const MOST_SERVICES = 4;

const WIDTH = 100;
const LABEL = 32;
const CELL = (WIDTH - LABEL) / 2;
const STEP = (WIDTH - 4) / 2;

/**
 * The comparison as people read it, a screen of 100 columns.
 *
 * @param style colours for a terminal; default: none.
 */
export function comparisonText(comparison: Comparison, style: Style = UNSTYLED): string {
  const { names, differences, services, nodes } = comparison;
  const lines = [
    `A ${names.a}`,
    `B ${names.b}`,
    ...summaryWords(comparison).map(style.strong),
    "",
    style.strong(row("", "A", "B").trimEnd()),
    ...totalRows(comparison).map((cells) => row(...cells)),
    ...differenceLines(differences, style),
    ...serviceLines(services),
    ...noteLines("A", nodes.a.notes),
    ...noteLines("B", nodes.b.notes),
  ];
  return `${lines.map((line) => line.trimEnd()).join("\n")}\n`;
}

function row(what: string, a: string, b: string): string {
  return `${what.padEnd(LABEL)}${cut(a, CELL - 2).padEnd(CELL)}${cut(b, CELL)}`;
}

/** Services that have servers to choose between. */
function serviceLines(services: readonly ServiceSpread[]): string[] {
  const chosen = services.filter(({ a, b }) => Math.max(a.servers.length, b.servers.length) > 1);
  const lines = chosen
    .slice(0, MOST_SERVICES)
    .flatMap((service) => [
      "",
      row(`servers of ${service.service}`, "", ""),
      ...spreadRows(service).map(([what, a, b]) => row(`  ${what}`, a, b)),
    ]);
  return [...lines, ...more(chosen.length - MOST_SERVICES, "services")];
}

function more(count: number, what: string): string[] {
  return count > 0 ? [`and ${count} more ${what} (--json lists all)`] : [];
}

function differenceLines(groups: readonly DifferenceGroup[], style: Style): string[] {
  let shown = 0;
  const lines = groups.slice(0, MOST_GROUPS).flatMap((group) => {
    const { kind, flows, example, difference } = group;
    const { packet, outcome, cause, isReply } = difference;
    const head = `${flows} x ${kindWords(kind)}, as ${example} (packet ${packet}${isReply ? ", a reply" : ""})`;
    const steps = kind === "endpoint" || shown++ >= MOST_SIDE_BY_SIDE ? [] : stepLines(difference);
    return [
      "",
      style.bad(head),
      ...causeLines("A", outcome.a, cause.a),
      ...causeLines("B", outcome.b, cause.b),
      ...steps,
    ];
  });
  return [...lines, ...more(groups.length - MOST_GROUPS, "kinds of difference")];
}

function causeLines(name: string, outcome: string, cause: string): string[] {
  return [`  ${name} ${outcome}:`, ...wrapped(cause, WIDTH - 4).map((line) => `    ${line}`)];
}

/** The words in lines of at most this length; a longer word has a line of its own. */
function wrapped(text: string, length: number): string[] {
  const lines = [""];
  for (const word of text.split(" ")) {
    const line = lines.at(-1)!;
    if (line === "") lines[lines.length - 1] = word;
    else if (line.length + 1 + word.length <= length) lines[lines.length - 1] = `${line} ${word}`;
    else lines.push(word);
  }
  return lines;
}

/** Both ways side by side from where they part. */
function stepLines({ steps, partsAt }: PacketDifference): string[] {
  const alike = partsAt > 0 ? [`    after ${partsAt} steps alike, the last of them ${steps.a[partsAt - 1]}:`] : [];
  const count = Math.max(steps.a.length, steps.b.length) - partsAt;
  const pairs = Array.from({ length: count }, (_, i) => {
    const [a, b] = [steps.a[partsAt + i] ?? "", steps.b[partsAt + i] ?? ""];
    return `    ${cut(a, STEP - 2).padEnd(STEP)}${cut(b, STEP - 2)}`;
  });
  return [...alike, ...pairs];
}

function cut(text: string, length: number): string {
  return text.length <= length ? text : `${text.slice(0, length - 3)}...`;
}

function noteLines(name: string, notes: readonly string[]): string[] {
  return notes.length === 0 ? [] : ["", ...notes.map((note) => `${name}: ${note}`)];
}
