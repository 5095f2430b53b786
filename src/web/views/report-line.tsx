import type { Opened } from "../session/shown.ts";

/** The run in a few words: fates that can be clicked, how long it took, warnings behind a fold. */
export function ReportLine({ opened, onFilter }: { opened: Opened; onFilter: (filter: string) => void }) {
  const { title, report, records, seconds, tookMs, interrupted, damage } = opened;
  return (
    <div class="report">
      <h2>{title}</h2>
      <p>
        {records.toLocaleString("en")} packets over {seconds.toFixed(3)} s, replayed in {tookMs.toFixed(0)} ms:{" "}
        {Object.entries(report.fates).map(([fate, packets]) => (
          <button type="button" class={`fate ${fate}`} onClick={() => onFilter(`fate ${fate}`)}>
            {packets.toLocaleString("en")} {fate}
          </button>
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
