import type { Progress } from "../session/shown.ts";
import { worker } from "../worker-client.ts";

interface Props {
  readonly progress: Progress | undefined;
  readonly problem: string | undefined;
  readonly onDismiss: () => void;
}

/** What goes on: nothing, a run with its progress and a way to stop it, or an error in words. */
export function StatusLine({ progress, problem, onDismiss }: Props) {
  return (
    <div class="status" role="status" aria-live="polite">
      {progress && (
        <>
          <progress aria-label="Replaying" max={1} value={progress.share} /> {progress.records.toLocaleString("en")}{" "}
          packets, {(100 * progress.share).toFixed(0)} %{" "}
          <button type="button" onClick={() => void worker.cancel()}>
            Stop
          </button>
        </>
      )}
      {problem !== undefined && (
        <>
          <p class="error">{problem}</p>
          <button type="button" onClick={onDismiss}>
            Close
          </button>
        </>
      )}
    </div>
  );
}
