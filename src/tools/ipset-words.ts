import { SetCommandError } from "../compile/ipset-error.ts";
import { ConfigError } from "../config/error.ts";
import type { Word } from "../config/words.ts";
import { type Answer, refused } from "./answer.ts";

/** Words for the commands that print: `list` and `save`. */
export const LISTINGS: ReadonlyMap<string, "list" | "save"> = new Map([
  ["list", "list"],
  ["l", "list"],
  ["-L", "list"],
  ["--list", "list"],
  ["save", "save"],
  ["s", "save"],
  ["-S", "save"],
  ["--save", "save"],
]);

export function isListing(word: string): boolean {
  return LISTINGS.has(word);
}

export function ipsetWords(words: readonly string[]): Word[] {
  return words.map((text, i) => ({ text, column: i + 1 }));
}

/** Errors of usage, which end with exit code 2 and a hint. */
const USAGE = /^(Unknown argument|Missing|No command|Mandatory option|Command)/;

/** Where our own messages name what the tool leaves out. */
const MORE_THAN_THE_TOOL =
  /^(The set with the given name does not exist|Syntax error: typename '.*' is unknown)(: .*| \(.*\))$/s;

/** How ipset 7.17 ends with what it or the kernel refuses; anything else is thrown on. */
export function ipsetFailure(error: unknown): Answer {
  if (error instanceof SetCommandError) return refused(1, `ipset v7.17: ${error.message}\n`);
  if (!(error instanceof ConfigError)) throw error;
  const detail = error.detail.replace(MORE_THAN_THE_TOOL, "$1");
  const isUsage = USAGE.test(detail);
  const help = isUsage ? "Try `ipset help' for more information.\n" : "";
  return refused(isUsage ? 2 : 1, `ipset v7.17: ${detail}\n${help}`);
}
