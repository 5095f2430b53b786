import { useEffect, useState } from "preact/hooks";
import type { Step } from "../../index.ts";
import type { Opened, PacketDetail } from "../session/shown.ts";
import { headersText, stepText } from "../words.ts";
import { worker } from "../worker-client.ts";
import { HookMap } from "./hook-map.tsx";
import { RuleStep } from "./rule-step.tsx";
import { ScheduleStep } from "./schedule-step.tsx";
import { ScrollText } from "./scroll-text.tsx";

interface Props {
  readonly number: number;
  readonly run: number;
  readonly opened: Opened;
}

/** One packet: the map of hooks with its way lit, and its steps. */
export function PacketDetailView({ number, run, opened }: Props) {
  const [detail, setDetail] = useState<PacketDetail>();
  const [problem, setProblem] = useState<string>();

  useEffect(() => {
    let isWanted = true;
    setProblem(undefined);
    worker.detail(number).then(
      (found) => isWanted && setDetail(found),
      (error: Error) => isWanted && setProblem(error.message),
    );
    return () => {
      isWanted = false;
    };
  }, [number, run]);

  if (problem !== undefined) return <p class="error">{problem}</p>;
  if (!detail) return <p>…</p>;
  const { explanation, verdict, made, words, hooks, connections, ipvsConnections } = detail;
  if (!explanation || !verdict) return <p>Packet {number} is no input of the node.</p>;
  const steps = explanation.walks[0]?.steps ?? [];
  return (
    <>
      <h2>
        Packet {explanation.packet}: <span class={`fate ${verdict.fate}`}>{verdict.fate}</span>
        {verdict.fate === "sent" && ` out ${verdict.interface}`} {verdict.reason && <small>{verdict.reason}</small>}
      </h2>
      <HookMap hooks={hooks} steps={steps} fate={verdict.fate} />
      {explanation.walks.map((walk, i) => (
        <section key={i} class="walk">
          <h3>
            {walk.isKernelMade ? "The kernel sends because of it" : "As it arrived"}:{" "}
            {walk.headers && <code>{headersText(walk.headers)}</code>}
          </h3>
          <ol class="steps">
            {walk.steps.map((step, at) => (
              <li key={at} class={`step ${step.step}`} id={step.step === "hook" ? `step-${i}-${step.hook}` : undefined}>
                <StepView number={number} step={step} opened={opened} family={detail.family} />
              </li>
            ))}
          </ol>
        </section>
      ))}
      {made.length > 0 && (
        <p>{made.length === 1 ? "1 packet was" : `${made.length} packets were`} made because of it.</p>
      )}
      <Listing title="Connection after it" lines={connections} />
      <Listing title="IPVS connection after it" lines={ipvsConnections} />
      <details>
        <summary>The path in one line</summary>
        <p>{words.join(" > ")}</p>
      </details>
    </>
  );
}

interface StepProps {
  readonly number: number;
  readonly step: Step;
  readonly opened: Opened;
  readonly family: 4 | 6;
}

function StepView({ number, step, opened, family }: StepProps) {
  if (step.step === "rule") return <RuleStep number={number} step={step} opened={opened} family={family} />;
  if (step.step === "schedule") return <ScheduleStep step={step} />;
  return <>{stepText(step)}</>;
}

function Listing({ title, lines }: { title: string; lines: readonly string[] }) {
  if (lines.length === 0) return null;
  return (
    <section>
      <h3>{title}</h3>
      <ScrollText label={title} text={lines.join("\n")} />
    </section>
  );
}
