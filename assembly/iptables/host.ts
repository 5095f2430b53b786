/** What the host calls of rules: loading tables, reading counters. */

export { indexChainById } from "./chain-index";
export { loadedTable, reserveChains } from "./rule";
export { foldWalks, forgetWalks, reserveRules, tableWalkCount, tableWalks } from "./walk-memory";
