import { useState } from "preact/hooks";
import { readChosen } from "../dropped-files.ts";
import { EXAMPLES, fetchExample } from "../examples.ts";
import type { DroppedFile } from "../session/inputs.ts";
import type { Comparison, Opened } from "../session/shown.ts";
import { worker } from "../worker-client.ts";

interface Props {
  readonly opened: Opened;
  readonly onPacket: (number: number) => void;
}

/** The open capture through another node: where the two part, and where the packets went. */
export function CompareView({ opened, onPacket }: Props) {
  const [comparison, setComparison] = useState<Comparison>();
  const [problem, setProblem] = useState<string>();
  const compareWith = async (files: Promise<DroppedFile[]>, title: string) => {
    try {
      setComparison(await worker.compare(await files, title, "iptables"));
      setProblem(undefined);
    } catch (error) {
      setProblem(error instanceof Error ? error.message : String(error));
    }
  };
  return (
    <div class="compare">
      <h2>Compare {opened.title} with another node</h2>
      <p class="choices">
        {EXAMPLES.map(({ name, title }) => (
          <button type="button" onClick={() => void compareWith(fetchExample(name), title)}>
            {title}
          </button>
        ))}
        <label class="button">
          A folder…
          <input
            type="file"
            multiple
            class="hidden-input"
            {...{ webkitdirectory: true }}
            onChange={(event) => {
              const { files } = event.currentTarget;
              if (files) void compareWith(readChosen(files), "the other node");
            }}
          />
        </label>
      </p>
      {problem !== undefined && (
        <p class="error" role="alert">
          {problem}
        </p>
      )}
      {comparison && <Found comparison={comparison} onPacket={onPacket} />}
    </div>
  );
}

function Found({ comparison, onPacket }: { comparison: Comparison; onPacket: (number: number) => void }) {
  const { titles, ways, differing, examples } = comparison;
  const most = Math.max(1, ...ways.flatMap(({ packets }) => packets));
  return (
    <>
      <p role="status">
        {differing === 0
          ? "Every packet fares the same."
          : `${differing.toLocaleString("en")} packets fare otherwise; the first is packet ${examples[0]!.number}.`}
      </p>
      <h3>Where packets went</h3>
      <table>
        <thead>
          <tr>
            <th>Way</th>
            <th>{titles[0]}</th>
            <th>{titles[1]}</th>
          </tr>
        </thead>
        <tbody>
          {ways.map(({ way, packets }) => (
            <tr>
              <td>{way}</td>
              {packets.map((count) => (
                <td>
                  <span class="bar" style={{ width: `${(count / most) * 8}em` }} /> {count.toLocaleString("en")}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
      {examples.length > 0 && <h3>Where they part</h3>}
      {examples.slice(0, 20).map(({ number, fates, words }) => (
        <details>
          <summary>
            <button type="button" onClick={() => onPacket(number)}>
              packet {number}
            </button>{" "}
            {fates[0]} | {fates[1]}
          </summary>
          <SideBySide words={words} titles={titles} />
        </details>
      ))}
    </>
  );
}

/** Two paths step by step; the first step at which they differ is marked. */
function SideBySide({ words, titles }: Pick<Comparison["examples"][number], "words"> & Pick<Comparison, "titles">) {
  const [left, right] = words;
  const parting = left.findIndex((word, i) => word !== right[i]);
  const rows = Math.max(left.length, right.length);
  return (
    <table class="side-by-side">
      <thead>
        <tr>
          {titles.map((title) => (
            <th>{title}</th>
          ))}
        </tr>
      </thead>
      <tbody>
        {Array.from({ length: rows }, (_, i) => (
          <tr class={i === parting ? "parting" : ""}>
            <td>{left[i]}</td>
            <td>{right[i]}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
