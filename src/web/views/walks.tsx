import { headerWords, type Step, stepLines, type Walk } from "../../index.ts";
import type { Opened } from "../session/shown.ts";
import { HookMap } from "./hook-map.tsx";
import { type AskWhyNot, RuleStep } from "./rule-step.tsx";
import { ScheduleStep } from "./schedule-step.tsx";
import { partOf } from "./step-part.ts";

interface Props {
  readonly walks: readonly Walk[];
  readonly opened: Opened;
  /** Asks why a rule did not match the first walk's packet. */
  readonly whyNot: AskWhyNot;
  /** Counters by the places of steps. */
  readonly counters?: Readonly<Record<string, string>>;
  /** Begins the names of the steps' places in the page; one for each list of walks. */
  readonly id?: string;
}

/** What happened to a packet: the map of hooks with its way lit, and its steps; then those of packets that it caused. */
export function Walks({ walks, opened, whyNot, counters = {}, id = "step" }: Props) {
  return (
    <>
      <HookMap steps={walks[0]?.steps ?? []} id={id} />
      {walks.map((walk, i) => (
        <section key={i} class="walk">
          <h3>
            {walk.isKernelMade ? "The kernel sends because of it" : "As it arrived"}:{" "}
            {walk.headers && <code>{headerWords(walk.headers)}</code>}
          </h3>
          <ol class="steps">
            {walk.steps.map((step, at) => (
              <li
                key={at}
                class={`step ${step.step}`}
                id={i === 0 ? placeId(id, walk.steps, at) : undefined}
                tabIndex={-1}
              >
                <StepView step={step} opened={opened} walk={walk} whyNot={whyNot} counters={counters} />
              </li>
            ))}
          </ol>
        </section>
      ))}
    </>
  );
}

/** What the map leads to: `step-FORWARD` at a hook's step, `step-FORWARD-filter` at the first one of a table or of IPVS. */
function placeId(id: string, steps: readonly Step[], at: number): string | undefined {
  const step = steps[at]!;
  if (step.step === "hook") return `${id}-${step.hook}`;
  const part = partOf(step);
  if (part === undefined) return undefined;
  const hookAt = steps.slice(0, at).findLastIndex((each) => each.step === "hook");
  const isFirst = !steps.slice(hookAt, at).some((each) => partOf(each) === part);
  const hook = steps[hookAt];
  return isFirst && hook?.step === "hook" ? `${id}-${hook.hook}-${part}` : undefined;
}

function matchedIn({ steps }: Walk): ReadonlySet<string> {
  return new Set(
    steps.flatMap((step) => (step.step === "rule" && step.rule ? [step.place.replace(":rule:", ":")] : [])),
  );
}

interface StepProps extends Pick<Props, "opened" | "whyNot"> {
  readonly step: Step;
  readonly walk: Walk;
  readonly counters: Readonly<Record<string, string>>;
}

function StepView({ step, opened, walk, whyNot, counters }: StepProps) {
  if (step.step === "schedule") return <ScheduleStep step={step} />;
  if (step.step !== "rule") return <>{stepLines(step).join(" ")}</>;
  return (
    <RuleStep
      step={step}
      opened={opened}
      family={walk.headers?.family ?? 4}
      matched={matchedIn(walk)}
      whyNot={walk.isKernelMade ? undefined : whyNot}
      counter={counters[step.place]}
    />
  );
}
