/** What the host calls of rules: loading tables, reading counters. */
export { accountAddress } from "./accounts";
export { replaceTable } from "./table";
export { foldWalks, tableWalkCount, tableWalks } from "./walk-memory";
