import { proxy, type Remote, wrap } from "comlink";
import type { WorkerApi } from "./session/worker.ts";

/** The worker that everything runs in. */
export const worker: Remote<WorkerApi> = wrap<WorkerApi>(
  new Worker(new URL("./session/worker.ts", import.meta.url), { type: "module" }),
);

export { proxy };
