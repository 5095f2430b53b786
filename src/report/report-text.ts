import type { DropSummary, PathSummary, Report } from "./summary.ts";

/** Paths that the text lists; the rest is summed up in a line. */
const MOST_PATHS = 20;

/** The report as people read it, lines without colours. */
export function reportText(report: Report): string {
  const lines = [
    ...diagnosisLines(report),
    ...fateLines(report),
    ...dropLines(report.drops),
    ...pathLines(report.paths),
    ...report.warnings.map((warning) => `warning: ${warning}`),
  ];
  return `${lines.join("\n")}\n`;
}

function diagnosisLines({ diagnosis, fates }: Report): string[] {
  if (!diagnosis) return [];
  const all = Object.values(fates).reduce((sum, count) => sum + count, 0);
  return [
    `${diagnosis.packets} of ${all} packets ended at one early check: ${diagnosis.reason}.`,
    `  ${diagnosis.remedy}`,
    "",
  ];
}

function fateLines({ records, passedOver, fates, kernelMade }: Report): string[] {
  const passed = Object.entries(passedOver).map(([what, count]) => `  ${count} passed over: ${what}`);
  const made = Object.keys(kernelMade).length ? [`made by the node's kernel: ${countList(kernelMade)}`] : [];
  return [`${records} packets: ${countList(fates) || "none was input"}`, ...passed, ...made];
}

function countList(counts: Readonly<Record<string, number>>): string {
  return Object.entries(counts)
    .map(([what, count]) => `${count} ${what}`)
    .join(", ");
}

function dropLines(drops: readonly DropSummary[]): string[] {
  if (drops.length === 0) return [];
  const lines = drops.map(({ packets, reason, rule, example }) => {
    const where = rule ? ` (${rule})` : "";
    return `  ${packets} x ${reason}${where}, the first is packet ${example}`;
  });
  return ["", "Dropped:", ...lines];
}

function pathLines(paths: readonly PathSummary[]): string[] {
  if (paths.length === 0) return [];
  const shown = paths.slice(0, MOST_PATHS).flatMap(({ packets, example, isKernelMade, words }) => {
    const made = isKernelMade ? ", made by the kernel" : "";
    return [`  ${packets} x, e.g. packet ${example}${made}`, `      ${words.join(" > ")}`];
  });
  const rest = paths.slice(MOST_PATHS);
  const more = rest.length
    ? [
        `  and ${rest.length} more paths of ${rest.reduce((sum, path) => sum + path.packets, 0)} packets (--json lists all)`,
      ]
    : [];
  return ["", `${paths.length} distinct paths:`, ...shown, ...more];
}
