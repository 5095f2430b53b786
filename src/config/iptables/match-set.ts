import type { Family } from "../../model/address.ts";
import type { IpSet } from "../../model/ipset.ts";
import type { SetComparison, SetDirection, SetMatch } from "../../model/match.ts";
import type { Rule } from "../../model/ruleset.ts";
import type { Word, WordReader } from "../words.ts";
import { type MatchExtension, type Options, option, optionTable } from "./extension.ts";

/** Matches on ipsets: xt_set. */

export const set: MatchExtension = {
  name: "set",
  onRepeat: (name) => (name === "match-set" ? "--match-set can be specified only once" : undefined),
  options: optionTable(
    "!match-set,set:2 return-nomatch:0 !update-counters:0 !update-subcounters:0 !packets-eq:1 packets-lt:1 packets-gt:1 !bytes-eq:1 bytes-lt:1 bytes-gt:1",
  ),
  parse(options): SetMatch {
    const given = options.get("match-set");
    if (!given) return options.reader.fail(undefined, "You must specify `--match-set' with proper arguments");
    const inverted = (name: string) => options.get(name)?.invert === true;
    return {
      kind: "set",
      invert: given.invert,
      set: setName(options.reader, given.values[0]!),
      directions: setDirections(options.reader, given.values[1]!),
      returnNomatch: options.has("return-nomatch"),
      keepCounters: inverted("update-counters"),
      keepSubcounters: inverted("update-subcounters"),
      packets: comparison(options, "packets"),
      bytes: comparison(options, "bytes"),
    };
  },
  print(match) {
    const m = match as SetMatch;
    let text = option("match-set", `${m.set} ${m.directions.join(",")}`, m.invert);
    if (m.returnNomatch) text += " --return-nomatch";
    if (m.keepCounters) text += " ! --update-counters";
    if (m.keepSubcounters) text += " ! --update-subcounters";
    return text + printComparison("packets", m.packets) + printComparison("bytes", m.bytes);
  },
};

export function setName(reader: WordReader, word: Word): string {
  if (word.text.length > 31) reader.fail(word, `setname \`${word.text}' too long, max 31 characters.`);
  return word.text;
}

/** Names of the sets that a rule looks into or changes. */
export function* setsOf({ matches, target }: Rule): Generator<string> {
  for (const match of matches) if (match.kind === "set") yield match.set;
  if (target?.kind !== "SET") return;
  for (const operation of [target.add, target.delete, target.map]) if (operation) yield operation.set;
}

/** Why iptables takes no rule that names the set (get_set_byname, extensions/libxt_set.h); undefined: it takes it. */
export function refusalOfSet(name: string, set: Pick<IpSet, "family"> | undefined, family: Family): string | undefined {
  if (!set) return `Set ${name} doesn't exist.`;
  if (set.family === undefined || set.family === family) return undefined;
  return `The protocol family of set ${name} is IPv${set.family}, which is not applicable.`;
}

export function setDirections(reader: WordReader, word: Word): SetDirection[] {
  const directions = word.text.split(",");
  if (directions.length > 6) reader.fail(word, "Can't be more src/dst options than 6.");
  return directions.map((direction) => {
    if (direction.startsWith("src")) return "src";
    if (direction.startsWith("dst")) return "dst";
    return reader.fail(word, "You must spefify (the comma separated list of) 'src' or 'dst'.");
  });
}

function comparison(options: Options, what: string): SetComparison | undefined {
  for (const compare of ["eq", "lt", "gt"] as const) {
    const given = options.get(`${what}-${compare}`);
    if (!given) continue;
    const text = given.values[0]!.text;
    if (!/^[0-9]+$/.test(text)) options.reader.fail(given.values[0], `bad value for --${what}-${compare}: "${text}"`);
    return { compare: compare === "eq" && given.invert ? "ne" : compare, value: BigInt(text) };
  }
  return undefined;
}

function printComparison(what: string, test: SetComparison | undefined): string {
  if (!test) return "";
  return option(`${what}-${test.compare === "ne" ? "eq" : test.compare}`, String(test.value), test.compare === "ne");
}
