import { useState } from "preact/hooks";
import { kindWords, type PacketDifference, summaryWords, totalRows } from "../../index.ts";
import { readChosen } from "../dropped-files.ts";
import { EXAMPLES, fetchExample, inMode } from "../examples.ts";
import type { OnProgress } from "../session/run.ts";
import { MODE_WORDS, type Opened, PAGE_MODES, type ShownComparison } from "../session/shown.ts";
import { worker } from "../worker-client.ts";
import { CostCurve, SpreadChart } from "./charts.tsx";

interface Props {
  readonly opened: Opened;
  readonly onPacket: (number: number) => void;
  /** Runs something long, with its progress shown and a way to stop it. */
  readonly working: <T>(work: (onProgress: OnProgress) => Promise<T>) => Promise<T | undefined>;
}

const MOST_GROUPS = 30;
const MOST_SERVICES = 12;

/** The open capture through another node: where the two part, how servers were chosen, what new connections cost. */
export function CompareView({ opened, onPacket, working }: Props) {
  const [shown, setShown] = useState<ShownComparison>();
  const { cluster, title } = opened;
  const show = async (work: (onProgress: OnProgress) => Promise<ShownComparison>) => {
    const found = await working(work);
    if (found) setShown(found);
  };
  const withExample = ({ name, title, mode }: (typeof EXAMPLES)[number]) =>
    show(async (onProgress) => worker.compare(await fetchExample(name), title, { mode }, onProgress));
  const withFiles = (files: FileList | null) => {
    if (!files || files.length === 0) return;
    void show(async (onProgress) => {
      const chosen = await readChosen(files);
      return worker.compare(chosen, "the other node", { mode: cluster?.mode }, onProgress);
    });
  };
  return (
    <div class="compare">
      <h2>Compare {title} with another node</h2>
      <p class="choices">
        {cluster &&
          PAGE_MODES.filter((mode) => mode !== cluster.mode).map((mode) => (
            <button
              type="button"
              class="primary"
              onClick={() =>
                void show((onProgress) =>
                  worker.compareModes(mode, `the same Services in ${MODE_WORDS[mode]} mode`, cluster.node, onProgress),
                )
              }
            >
              The same Services in {MODE_WORDS[mode]} mode
            </button>
          ))}
        <label class="button">
          Files…
          <input type="file" multiple class="hidden-input" onChange={(event) => withFiles(event.currentTarget.files)} />
        </label>
        <label class="button">
          A folder…
          <input
            type="file"
            multiple
            class="hidden-input"
            {...{ webkitdirectory: true }}
            onChange={(event) => withFiles(event.currentTarget.files)}
          />
        </label>
        {EXAMPLES.filter((example) => example.title !== title && !(cluster && inMode(example, cluster.mode))).map(
          (example) => (
            <button type="button" onClick={() => void withExample(example)}>
              {example.title}
            </button>
          ),
        )}
      </p>
      {shown ? (
        <Found shown={shown} onPacket={onPacket} />
      ) : (
        <p>
          The capture goes through both nodes, conversation by conversation. Choose the second one: a node's folder or
          files, Services as YAML, or an example.
        </p>
      )}
    </div>
  );
}

function Found({ shown: { comparison, costs }, onPacket }: { shown: ShownComparison; onPacket: Props["onPacket"] }) {
  const { names, differences, services, nodes } = comparison;
  const [what, result] = summaryWords(comparison);
  const chosen = services.filter(({ a, b }) => Math.max(a.servers.length, b.servers.length) > 1);
  return (
    <>
      <p role="status">
        {what}: <strong>{result}</strong>.
      </p>
      <div class="side-by-side">
        <section>
          <h3>What became of the conversations</h3>
          <table class="totals">
            <thead>
              <tr>
                <th scope="col">Conversations</th>
                <th scope="col">{names.a}</th>
                <th scope="col">{names.b}</th>
              </tr>
            </thead>
            <tbody>
              {totalRows(comparison).map(([row, a, b]) => (
                <tr class={a === b ? "" : "parting"}>
                  <th scope="row">{row}</th>
                  <td>{a}</td>
                  <td>{b}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </section>
        {costs.a.total + costs.b.total > 0 && (
          <section>
            <h3>Rules evaluated for a new connection</h3>
            <CostCurve costs={costs} names={names} />
          </section>
        )}
      </div>
      {chosen.length > 0 && (
        <section>
          <h3>How servers were chosen</h3>
          <p>Bars are conversations of the capture, the mark what weights or rules let expect.</p>
          <div class="spreads">
            {chosen.slice(0, MOST_SERVICES).map((spread) => (
              <SpreadChart spread={spread} names={names} />
            ))}
          </div>
          {chosen.length > MOST_SERVICES && <p>and {chosen.length - MOST_SERVICES} more services</p>}
        </section>
      )}
      <h3>Where they part</h3>
      {differences.length === 0 && <p>Nowhere: every conversation fares the same.</p>}
      {differences.slice(0, MOST_GROUPS).map(({ kind, flows, example, difference }) => (
        <details class="difference">
          <summary>
            {flows.toLocaleString("en")} × {kindWords(kind)}, as {example}
          </summary>
          <button type="button" onClick={() => onPacket(difference.packet)}>
            Show packet {difference.packet}
          </button>
          <Parting difference={difference} names={names} />
        </details>
      ))}
      {differences.length > MOST_GROUPS && <p>and {differences.length - MOST_GROUPS} more kinds of difference</p>}
      <Notes names={names} nodes={nodes} />
    </>
  );
}

/** Two ways step by step; the first step at which they differ is marked. */
function Parting({
  difference: { outcome, cause, steps, partsAt },
  names,
}: {
  difference: PacketDifference;
  names: ShownComparison["comparison"]["names"];
}) {
  const rows = Math.max(steps.a.length, steps.b.length);
  return (
    <table class="ways">
      <thead>
        <tr>
          <th scope="col">{names.a}</th>
          <th scope="col">{names.b}</th>
        </tr>
      </thead>
      <tbody>
        <tr class="outcome">
          <td>{outcome.a}</td>
          <td>{outcome.b}</td>
        </tr>
        <tr>
          <td>because: {cause.a}</td>
          <td>because: {cause.b}</td>
        </tr>
        {Array.from({ length: rows }, (_, i) => (
          <tr class={i === partsAt ? "parting" : ""}>
            <td>{steps.a[i]}</td>
            <td>{steps.b[i]}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

function Notes({ names, nodes }: Pick<ShownComparison["comparison"], "names" | "nodes">) {
  const notes = (["a", "b"] as const).flatMap((side) => nodes[side].notes.map((note) => `${names[side]}: ${note}`));
  if (notes.length === 0) return null;
  return (
    <details>
      <summary>
        {notes.length} {notes.length === 1 ? "note" : "notes"} about the runs
      </summary>
      <ul>
        {notes.map((note) => (
          <li>{note}</li>
        ))}
      </ul>
    </details>
  );
}
