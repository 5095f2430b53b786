import type { Difference, ResultFiles } from "./compare/results.ts";
import { type Outcome, runScenario } from "./outcome.ts";
import type { ReplayVariant } from "./replay.ts";

/** Ways of running that may change the speed but nothing that comes out. */
export const VARIANTS: readonly ReplayVariant[] = [
  { pathCache: false },
  { index: false },
  { batch: 1 },
  { pathCache: false, index: false, batch: 1 },
  { record: "none" },
  { looksAtPackets: true },
];

/** Written only when steps are recorded. */
const RECORDED = new Set(["trace.txt"]);

export function variantName(variant: ReplayVariant): string {
  const words = [
    variant.pathCache === false ? "--no-path-cache" : "",
    variant.index === false ? "--no-index" : "",
    variant.batch === undefined ? "" : `--batch ${variant.batch}`,
    variant.record === "none" ? "without recording" : "",
    variant.looksAtPackets ? "reading the capture packet by packet" : "",
  ];
  return words.filter(Boolean).join(" ");
}

/** Runs a scenario in another way. Undefined when every file that this way writes is the same, byte for byte. */
export async function variantDifference(outcome: Outcome, variant: ReplayVariant): Promise<Difference | undefined> {
  const other = await runScenario(outcome.scenario, variant);
  const file = firstUnequalFile(outcome.results, other.results, variant.record === "none" ? RECORDED : new Set());
  return file === undefined ? undefined : { file, text: `${variantName(variant)} gives other bytes` };
}

function firstUnequalFile(
  a: ResultFiles = new Map(),
  b: ResultFiles = new Map(),
  ignored: ReadonlySet<string>,
): string | undefined {
  const names = new Set([...a.keys(), ...b.keys()]);
  return [...names].find((name) => {
    if (ignored.has(name)) return false;
    const left = a.get(name);
    const right = b.get(name);
    return !left || !right || Buffer.compare(left, right) !== 0;
  });
}
