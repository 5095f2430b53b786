import { useState } from "preact/hooks";
import { type Explanation, headerWords, type Step } from "../../index.ts";
import type { Opened } from "../session/shown.ts";
import { worker } from "../worker-client.ts";
import { Walks } from "./walks.tsx";

interface Props {
  readonly opened: Opened;
  readonly onPacket: (number: number) => void;
}

/** What was asked, and its answer. */
type Answer =
  | { readonly kind: "packet"; readonly text: string; readonly on?: string; readonly explanation: Explanation }
  | { readonly kind: "flow"; readonly text: string; readonly explanations: readonly Explanation[] };

/** Explains a packet that is described in words and in no capture, or all packets of a flow of the capture. */
export function AskView({ opened, onPacket }: Props) {
  const [text, setText] = useState("");
  const [on, setOn] = useState("");
  const [answer, setAnswer] = useState<Answer>();
  const [problem, setProblem] = useState<string>();

  const ask = async (work: () => Promise<Answer>) => {
    try {
      setAnswer(await work());
      setProblem(undefined);
    } catch (error) {
      setProblem(error instanceof Error ? error.message : String(error));
    }
  };
  const askPacket = () =>
    ask(async () => {
      const device = on || undefined;
      return { kind: "packet", text, on: device, explanation: await worker.described(text, device) };
    });
  const askFlow = () => ask(async () => ({ kind: "flow", text, explanations: await worker.flow(text) }));

  return (
    <div class="ask">
      <h2>What would the node do with…</h2>
      <form
        class="choices"
        onSubmit={(event) => {
          event.preventDefault();
          void askPacket();
        }}
      >
        <label class="wide">
          A packet in words{" "}
          <input
            type="text"
            value={text}
            placeholder="tcp 10.0.0.9:40000 > 10.1.0.9:443 S"
            spellcheck={false}
            aria-invalid={problem !== undefined}
            aria-describedby="ask-problem"
            onInput={(event) => setText(event.currentTarget.value)}
          />
        </label>
        <label>
          arriving at{" "}
          <select value={on} onChange={(event) => setOn(event.currentTarget.value)}>
            <option value="">where its source is</option>
            {opened.devices.map((name) => (
              <option value={name}>{name}</option>
            ))}
            <option value="local">local (the node sends it)</option>
          </select>
        </label>
        <button type="submit" class="primary">
          Explain it as the first packet
        </button>
        <button type="button" onClick={() => void askFlow()}>
          Explain this flow of the capture
        </button>
      </form>
      <p id="ask-problem" class="error" role="alert">
        {problem}
      </p>
      {answer?.kind === "packet" && (
        <Walks
          key={answer.text}
          id="asked"
          walks={answer.explanation.walks}
          opened={opened}
          whyNot={(place) => worker.whyNotDescribed(answer.text, answer.on, place)}
        />
      )}
      {answer?.kind === "flow" && <Flow {...answer} opened={opened} onPacket={onPacket} />}
    </div>
  );
}

interface FlowProps extends Props {
  readonly text: string;
  readonly explanations: readonly Explanation[];
}

function Flow({ text, explanations, opened, onPacket }: FlowProps) {
  if (explanations.length === 0) return <p role="status">The capture has no packet of {text}.</p>;
  return (
    <>
      <p role="status">
        {explanations.length} {explanations.length === 1 ? "packet" : "packets"} of this flow
      </p>
      {explanations.map(({ packet, walks }) => (
        <details key={packet}>
          <summary>
            packet {packet}: {walks[0]?.headers && <code>{headerWords(walks[0].headers)}</code>}{" "}
            <strong>{endOf(walks[0]?.steps ?? [])}</strong>
          </summary>
          <button type="button" onClick={() => onPacket(packet)}>
            Show packet {packet}
          </button>
          <Walks id={`flow-${packet}`} walks={walks} opened={opened} whyNot={(place) => worker.whyNot(packet, place)} />
        </details>
      ))}
    </>
  );
}

function endOf(steps: readonly Step[]): string {
  const end = steps.findLast((step) => step.step === "end");
  return end?.step === "end" ? [end.fate, end.out && `out ${end.out}`, end.reason].filter(Boolean).join(" ") : "";
}
