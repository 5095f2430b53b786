import fc from "fast-check";
import { Random } from "../kernel-diff/random.ts";
import { type RuleLine, ruleLine } from "../support/rule-lines.ts";
import { lacksModule, ourVerdict, realVerdicts, type Verdict } from "./real-tools.ts";

/** What a comparison of rules that were made wrong came to. */
export interface WrongComparison {
  readonly compared: number;
  readonly refused: number;
  /** Rules that one takes and the other refuses. */
  readonly decisions: readonly string[];
  /** Rules that both refuse, in other words. */
  readonly words: readonly string[];
}

const BAD_VALUES = (
  "foo -1 0 65536 4294967296 99999999999999999999 1: 1:2:3 : 5-3 1.2.3 1.2.3.4/33 0x 0xffffffffff 1/2/3 1,2,3 10/foo ! 08 +5 " +
  "NEW,FOO ::1 tcp 65535:0 1- on 255.255.255.255 256 ::/129 - -- 1e3 0.5 1.5. /24 1/ ="
).split(" ");
const STRAY = "--foo --foo=1 -q -1 -- -k foo -v -n -m -j -g -p --protocol -4 -6 -f -i -Z".split(" ");

/** Random rules, each with something wrong, through the real tools and through hookwalk: are they refused alike? */
export async function compareWrongRules(count: number, seed: number): Promise<WrongComparison> {
  const random = new Random(seed);
  const lines = fc.sample(fc.oneof(ruleLine(4), ruleLine(6)), { numRuns: count, seed });
  const wrong = lines.map((line) => ({ ...line, rule: spoil(line.rule, random) }));
  const real = realVerdicts(wrong);
  const decisions: string[] = [];
  const words: string[] = [];
  let refused = 0;
  let compared = 0;
  for (const [i, line] of wrong.entries()) {
    if (lacksModule(real[i]!) || asksResolver(real[i]!)) continue;
    compared++;
    const ours = await ourVerdict(line);
    if (real[i]!.saved === undefined) refused++;
    if (ours.saved !== real[i]!.saved) decisions.push(describe(line, real[i]!, ours));
    else if (firstLine(ours) !== firstLine(real[i]!)) words.push(describe(line, real[i]!, ours));
  }
  return { compared, refused, decisions, words };
}

/** One thing is changed: a value, an option that is missing, stands twice, is inverted, unknown or cut short. */
function spoil(rule: string, random: Random): string {
  const words = rule.split(" ");
  // A piece of a quoted text is no value.
  if (rule.includes('"')) return rule;
  const options = words.flatMap((word, i) => (/^-+[a-z]/.test(word) ? [i] : []));
  if (options.length === 0) return rule;
  const at = random.pick(options);
  const end = options.find((i) => i > at) ?? words.length;
  const option = words[at]!;
  const hasValue = end > at + 1;
  switch (random.below(hasValue ? 8 : 5)) {
    case 0:
      return words.toSpliced(at, 0, "!").join(" ");
    case 1:
      return [...words, ...words.slice(at, end)].join(" ");
    case 2:
      return words.toSpliced(at, 0, random.pick(STRAY)).join(" ");
    case 3:
      return words
        .with(at, option.startsWith("--") ? option.slice(0, random.between(4, option.length)) : "-q")
        .join(" ");
    case 4:
      return words.toSpliced(at, end - at).join(" ");
    case 5:
      return words.slice(0, at + 1).join(" ");
    default:
      return words.with(random.between(at + 1, end - 1), random.pick(BAD_VALUES)).join(" ");
  }
}

/** What names mean depends on the machine. */
function asksResolver({ refusal = "" }: Verdict): boolean {
  return refusal.includes("getaddrinfo");
}

/** Usage differs by the tool; some messages begin with an empty line. */
function firstLine({ refusal = "" }: Verdict): string {
  if (/^ip6?tables-restore: line [0-9]+ failed|^ip6?tables: (Invalid|Numerical)/.test(refusal)) return "by the kernel";
  return refusal
    .replace(/-restore( v1.8.9)/, "$1")
    .replace(/\(legacy\): \n/, "(legacy): ")
    .split("\n")[0]!
    .trim();
}

function describe({ family, table, chain, rule }: RuleLine, real: Verdict, ours: Verdict): string {
  const said = (verdict: Verdict) => verdict.saved ?? `refused: ${firstLine(verdict)}`;
  return [`IPv${family} ${table} -A ${chain} ${rule}`, `  real: ${said(real)}`, `  ours: ${said(ours)}`].join("\n");
}
