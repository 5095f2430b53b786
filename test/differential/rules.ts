import fc from "fast-check";
import { type RuleLine, ruleLine } from "../support/rule-lines.ts";
import { lacksModule, ourVerdict, realVerdicts } from "./real-tools.ts";

/** What a comparison of random rules came to. */
export interface Comparison {
  readonly compared: number;
  readonly accepted: number;
  readonly differences: readonly string[];
}

/** Random rules through the real tools and through hookwalk: is each taken or refused alike, and saved as the same line? */
export async function compareRules(count: number, seed: number): Promise<Comparison> {
  const lines = fc.sample(fc.oneof(ruleLine(4), ruleLine(6)), { numRuns: count, seed });
  const real = realVerdicts(lines);
  const differences: string[] = [];
  let compared = 0;
  let accepted = 0;
  for (const [i, line] of lines.entries()) {
    if (lacksModule(real[i]!)) continue;
    compared++;
    const ours = await ourVerdict(line);
    if (real[i]!.saved !== undefined) accepted++;
    if (ours.saved !== real[i]!.saved) differences.push(describe(line, real[i]!.saved ?? real[i]!.refusal, ours));
  }
  return { compared, accepted, differences };
}

function describe(
  { family, table, chain, rule }: RuleLine,
  real: string | undefined,
  ours: { readonly saved?: string; readonly refusal?: string },
): string {
  const said = ours.saved ?? `refused: ${ours.refusal?.trim()}`;
  return [`IPv${family} ${table} -A ${chain} ${rule}`, `  real: ${real?.trim()}`, `  ours: ${said}`].join("\n");
}
