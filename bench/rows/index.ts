import type { Row } from "../row.ts";
import { COLD } from "./cold.ts";
import { ESTABLISHED } from "./established.ts";
import { EXPLAIN } from "./explain.ts";
import { FIDELITY } from "./fidelity.ts";
import { FILES } from "./files.ts";
import { KUBE_PROXY } from "./kube-proxy.ts";
import { LOAD } from "./load.ts";
import { MEMORY } from "./memory.ts";
import { NEW_FLOWS } from "./new-flows.ts";
import { OBJECTS } from "./objects.ts";
import { RECORDS } from "./records.ts";
import { WORKERS } from "./workers.ts";

/** The suite, in the order of its ids; W11 runs in browsers (browser.ts), W17 beside W2 to W4. */
export const ROWS: readonly Row[] = [
  ...RECORDS,
  ...ESTABLISHED,
  ...NEW_FLOWS,
  ...KUBE_PROXY,
  ...OBJECTS,
  ...FIDELITY,
  ...FILES,
  ...LOAD,
  ...COLD,
  ...WORKERS,
  ...EXPLAIN,
  ...MEMORY,
];
