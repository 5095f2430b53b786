import { useState } from "preact/hooks";
import type { Step } from "../../index.ts";
import type { Opened } from "../session/shown.ts";

/** Why a rule (`filter:FORWARD:3`) did not match the packet, in words. */
export type AskWhyNot = (place: string) => Promise<string>;

interface Props {
  readonly step: Extract<Step, { step: "rule" }>;
  readonly opened: Opened;
  readonly family: 4 | 6;
  /** Rules that the packet matched (`filter:FORWARD:3`): they are steps of their own. */
  readonly matched: ReadonlySet<string>;
  /** undefined where nothing can be asked. */
  readonly whyNot?: AskWhyNot;
  /** `[12:720]`: packets and bytes that the rule has counted, this packet included. */
  readonly counter?: string;
}

interface RuleBefore {
  readonly place: string;
  readonly text: string;
  readonly why: string;
}

/** Rules before a matching one that are asked about at a time. */
const MOST_RULES = 25;

/** A rule that matched, with its counters; on demand why the rules before it did not. */
export function RuleStep({ step, opened, family, matched, whyNot, counter }: Props) {
  const [before, setBefore] = useState<readonly RuleBefore[]>();
  const [problem, setProblem] = useState<string>();
  const earlier = whyNot ? rulesBefore(step.place, opened, family).filter(({ place }) => !matched.has(place)) : [];
  const ask = async () => {
    const answers: RuleBefore[] = [];
    try {
      for (const rule of earlier.slice(-MOST_RULES)) {
        answers.push({ ...rule, why: whyOf(await whyNot!(rule.place)) });
        setBefore([...answers]);
      }
    } catch (error) {
      setProblem((error as Error).message);
    }
  };
  return (
    <>
      <span class="place">{step.place}</span> {step.rule && <code>{step.rule}</code>}{" "}
      {step.mark !== undefined && <span class="counter">mark 0x{step.mark.toString(16)} </span>}
      {counter !== undefined && (
        <span class="counter" title="packets and bytes counted so far, this packet included">
          {counter}
        </span>
      )}
      {earlier.length > 0 && (
        <details onToggle={(event) => event.currentTarget.open && !before && void ask()}>
          <summary>
            why not the {earlier.length === 1 ? "rule" : `${earlier.length} rules`} before it
            {earlier.length > MOST_RULES && ` (the last ${MOST_RULES})`}
          </summary>
          {problem !== undefined && <p class="error">{problem}</p>}
          <ol class="before">
            {(before ?? []).map(({ place, text, why }) => (
              <li key={place}>
                <span class="place">{place}</span> <code>{text}</code>
                <br />
                {why}
              </li>
            ))}
          </ol>
        </details>
      )}
    </>
  );
}

/** The rules of the chain that stand before a place `filter:FORWARD:rule:3`, as the node's file has them. */
function rulesBefore(place: string, { files }: Opened, family: 4 | 6): Omit<RuleBefore, "why">[] {
  const [table, chain, kind, last] = place.split(":");
  const text = files.find(([name]) => name === (family === 4 ? "iptables.save" : "ip6tables.save"))?.[1] ?? "";
  const section = text.split(/^\*/m).find((part) => part.startsWith(`${table}\n`)) ?? "";
  const rules = section.split("\n").filter((line) => line.replace(/^\[\d+:\d+\] /, "").startsWith(`-A ${chain} `));
  const end = kind === "rule" ? Number(last) - 1 : rules.length;
  return rules.slice(0, end).map((rule, i) => ({ place: `${table}:${chain}:${i + 1}`, text: rule }));
}

/** The answer without the heading that names packet and rule. */
function whyOf(text: string): string {
  return text.trim().split("\n").slice(1).join(" ").trim() || text;
}
