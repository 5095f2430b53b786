/** What the host calls of rules: loading tables, reading counters. */
export { replaceTable } from "./table";
export { foldWalks, tableWalkCount, tableWalks } from "./walk-memory";
