import type { ServiceSummary } from "./services.ts";
import { type Style, UNSTYLED } from "../trace/style.ts";
import type { DropSummary, PathSummary, Report } from "./summary.ts";

/** What the text lists of each kind, so that it fits a screen; the rest is summed up in a line. */
const MOST_PATHS = 6;
const MOST_DROPS = 6;
const MOST_SERVICES = 6;
const MOST_SERVERS = 4;
const MOST_WARNINGS = 8;

/**
 * The report as people read it.
 *
 * @param style colours for a terminal; default: none.
 */
export function reportText(report: Report, style: Style = UNSTYLED): string {
  const lines = [
    ...diagnosisLines(report, style),
    ...fateLines(report, style),
    ...dropLines(report.drops, style),
    ...serviceLines(report.services, style),
    ...pathLines(report.paths, style),
    ...warningLines(report.warnings, style),
  ];
  return `${lines.join("\n")}\n`;
}

function diagnosisLines({ diagnosis, fates }: Report, { bad }: Style): string[] {
  if (!diagnosis) return [];
  const all = Object.values(fates).reduce((sum, count) => sum + count, 0);
  return [
    bad(`${diagnosis.packets} of ${all} packets ended at one early check: ${diagnosis.reason}.`),
    `  ${diagnosis.remedy}`,
    "",
  ];
}

function fateLines({ records, passedOver, fates, kernelMade, connections }: Report, { strong }: Style): string[] {
  const passed = Object.entries(passedOver).map(([what, count]) => `  ${count} passed over: ${what}`);
  const made = Object.keys(kernelMade).length ? [`made by the node's kernel: ${countList(kernelMade)}`] : [];
  const tracked = connections > 0 ? [`connections in the table at the end: ${connections}`] : [];
  return [strong(`${records} packets: ${countList(fates) || "none was input"}`), ...passed, ...made, ...tracked];
}

function countList(counts: Readonly<Record<string, number>>): string {
  return Object.entries(counts)
    .map(([what, count]) => `${count} ${what}`)
    .join(", ");
}

function dropLines(drops: readonly DropSummary[], style: Style): string[] {
  if (drops.length === 0) return [];
  const lines = drops.slice(0, MOST_DROPS).map(({ packets, reason, rule, policy, example }) => {
    const decided = rule ?? policy;
    const where = decided ? ` (${decided})` : "";
    return `  ${style.bad(`${packets} x ${reason}`)}${where}, the first is packet ${example}`;
  });
  return ["", style.strong("Dropped:"), ...lines, ...restLine(drops.slice(MOST_DROPS))];
}

function serviceLines(services: readonly ServiceSummary[], { strong }: Style): string[] {
  const used = services.filter(({ packets }) => packets > 0);
  if (used.length === 0) return [];
  const lines = used.slice(0, MOST_SERVICES).map(({ service, scheduler, connections, servers }) => {
    const busiest = [...servers].sort((a, b) => b.connections - a.connections).slice(0, MOST_SERVERS);
    const shares = busiest.map((server) => `${server.server} ${server.connections}`);
    const more = servers.length > MOST_SERVERS ? `, and ${servers.length - MOST_SERVERS} more servers` : "";
    return `  ${service} ${scheduler}: ${connections} connections (${shares.join(", ")}${more})`;
  });
  return ["", strong("Virtual services:"), ...lines, ...restLine(used.slice(MOST_SERVICES))];
}

function pathLines(paths: readonly PathSummary[], style: Style): string[] {
  if (paths.length === 0) return [];
  const shown = paths.slice(0, MOST_PATHS).flatMap(({ packets, example, isKernelMade, words }) => {
    const made = isKernelMade ? ", made by the kernel" : "";
    return [`  ${packets} x, e.g. packet ${example}${made}`, style.quiet(`      ${words.join(" > ")}`)];
  });
  const rest = restLine(paths.slice(MOST_PATHS));
  return ["", style.strong(`${paths.length} distinct ${paths.length === 1 ? "path" : "paths"}:`), ...shown, ...rest];
}

/** `and 12 more, of 340 packets (--json lists all)`. */
function restLine(rest: readonly { readonly packets: number }[]): string[] {
  if (rest.length === 0) return [];
  const packets = rest.reduce((sum, each) => sum + each.packets, 0);
  return [`  and ${rest.length} more, of ${packets} packets (--json lists all)`];
}

function warningLines(warnings: readonly string[], { odd }: Style): string[] {
  const shown = warnings.slice(0, MOST_WARNINGS).map((warning) => odd(`warning: ${warning}`));
  const rest = warnings.length - shown.length;
  return rest > 0 ? [...shown, odd(`warning: and ${rest} more (--json lists all)`)] : shown;
}
