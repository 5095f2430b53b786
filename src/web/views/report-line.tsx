import type { RepliesMode } from "../../index.ts";
import { MODE_WORDS, type Opened, type OpenOptions, PAGE_MODES, REPLY_WORDS } from "../session/shown.ts";
import { Fate } from "./fate.tsx";

interface Props {
  readonly opened: Opened;
  readonly onFilter: (filter: string) => void;
  /** Opens the same files in another way. */
  readonly onReopen: (options: OpenOptions) => void;
}

/** The run in a few words: fates that can be clicked, how long it took, warnings behind a fold. */
export function ReportLine({ opened, onFilter, onReopen }: Props) {
  const { title, report, records, seconds, tookMs, interrupted, damage, cluster } = opened;
  return (
    <div class="report">
      <h2>{title}</h2>
      <p class="choices">
        {cluster && <ClusterChoices cluster={cluster} onReopen={onReopen} />}
        <label>
          replies{" "}
          <select
            value={opened.replies}
            onChange={(event) => onReopen({ replies: event.currentTarget.value as RepliesMode })}
          >
            {Object.entries(REPLY_WORDS).map(([each, words]) => (
              <option value={each}>{words}</option>
            ))}
          </select>
        </label>
      </p>
      <p>
        {records.toLocaleString("en")} packets over {seconds.toFixed(3)} s, replayed in {tookMs.toFixed(0)} ms:{" "}
        {Object.entries(report.fates).map(([fate, packets]) => (
          <button type="button" onClick={() => onFilter(`fate ${fate}`)}>
            {packets.toLocaleString("en")} <Fate fate={fate as Parameters<typeof Fate>[0]["fate"]} />
          </button>
        ))}
        {Object.entries(report.passedOver).map(([what, packets]) => (
          <small>
            {packets.toLocaleString("en")} no input: {what}{" "}
          </small>
        ))}
      </p>
      {interrupted && <p class="error">Stopped: what follows is what was done so far.</p>}
      {damage !== undefined && <p class="error">{damage}</p>}
      {report.diagnosis && (
        <p class="error">
          {report.diagnosis.packets} packets ended at one early check: {report.diagnosis.reason}.{" "}
          {report.diagnosis.remedy}
        </p>
      )}
      {report.warnings.length > 0 && (
        <details>
          <summary>
            {report.warnings.length} {report.warnings.length === 1 ? "warning" : "warnings"}
          </summary>
          <ul>
            {report.warnings.map((warning) => (
              <li>{warning}</li>
            ))}
          </ul>
        </details>
      )}
    </div>
  );
}

/** What kube-proxy made the node of, and its other choices. */
function ClusterChoices({
  cluster: { mode, node, nodes },
  onReopen,
}: {
  cluster: NonNullable<Opened["cluster"]>;
  onReopen: Props["onReopen"];
}) {
  return (
    <>
      <label>
        kube-proxy in mode{" "}
        <select
          value={mode}
          onChange={(event) => onReopen({ mode: event.currentTarget.value as typeof mode, nodeName: node })}
        >
          {PAGE_MODES.map((each) => (
            <option value={each}>{MODE_WORDS[each]}</option>
          ))}
        </select>
      </label>
      {nodes.length > 1 && (
        <label>
          on node{" "}
          <select value={node} onChange={(event) => onReopen({ mode, nodeName: event.currentTarget.value })}>
            {nodes.map((each) => (
              <option value={each}>{each}</option>
            ))}
          </select>
        </label>
      )}
    </>
  );
}
