import { ChosenEntries } from "../compile/conntrack.ts";
import { type ConntrackListing, parseConntrackListing } from "../config/conntrack-command.ts";
import { ConfigError } from "../config/error.ts";
import { type Word, WordReader } from "../config/words.ts";
import type { Core } from "../core/core.ts";
import { listConntrack } from "../report/conntrack.ts";
import { reportExpectations } from "../report/expectations.ts";
import { ToolFailure } from "./answer.ts";

/**
 * What `conntrack -L` and `-C` print (conntrack-tools 1.4.7), in UTC; without the line of sums on standard error.
 *
 * @param words those after `conntrack`.
 * @throws ToolFailure for what it would refuse, and for what is not emulated.
 */
export function listConntrackBy(core: Core, words: readonly Word[], labels: ReadonlyMap<string, number>): string {
  const { verb, table, filter, output } = parseWords(words);
  if (table === "expect") {
    const text = reportExpectations(core);
    return verb === "count" ? `${text.split("\n").length - 1}\n` : text;
  }
  // Counting asks the kernel for one number, whatever else is given.
  if (verb === "count") return `${core.entryCount()}\n`;
  const chosen = new ChosenEntries(core, filter);
  const form = {
    extended: output.has("extended"),
    id: output.has("id"),
    ktimestamp: output.has("ktimestamp"),
    labels: output.has("labels") ? labels : undefined,
  };
  let text = "";
  for (const line of listConntrack(core, form, (record) => chosen.has(record))) text += `${line}\n`;
  return text;
}

function parseWords(words: readonly Word[]): ConntrackListing {
  try {
    return parseConntrackListing(new WordReader("conntrack", 1, words));
  } catch (error) {
    if (error instanceof ConfigError) throw new ToolFailure(2, error.detail);
    throw error;
  }
}
