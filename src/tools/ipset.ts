import { LoadedSets } from "../compile/ipset.ts";
import { ConfigError } from "../config/error.ts";
import { isIpsetCommand, parseIpsetWords, wholeIpsetCommand } from "../config/ipset/command.ts";
import { printElement } from "../config/ipset/element.ts";
import { WordReader } from "../config/words.ts";
import type { Core } from "../core/core.ts";
import type { IpsetAction } from "../model/command.ts";
import type { IpSet } from "../model/ipset.ts";
import { type Answer, refused, wrote } from "./answer.ts";
import { listSets, type SetListFormat } from "./ipset-list.ts";
import { IpsetRestore } from "./ipset-restore.ts";
import { ipsetFailure, ipsetWords, LISTINGS } from "./ipset-words.ts";

/** The options of ipset that may stand anywhere, and their short forms. */
const OPTIONS: Readonly<Record<string, string>> = {
  "-exist": "exist",
  "-!": "exist",
  "-output": "output",
  "-o": "output",
  "-quiet": "quiet",
  "-q": "quiet",
  "-resolve": "resolve",
  "-r": "resolve",
  "-sorted": "sorted",
  "-s": "sorted",
  "-name": "name",
  "-n": "name",
  "-terse": "terse",
  "-t": "terse",
  "-file": "file",
  "-f": "file",
};

interface Given {
  readonly options: ReadonlyMap<string, string>;
  readonly words: readonly string[];
}

/** `ipset` on sets that live in a core. */
export class IpsetTool {
  readonly #sets: LoadedSets;
  readonly #references: (name: string) => number;

  /** @param references how many rules refer to a set. */
  constructor(core: Core, references: (name: string) => number) {
    this.#sets = LoadedSets.load(core, []);
    this.#sets.isReferenced = (name) => references(name) > 0;
    this.#references = references;
  }

  find(name: string): IpSet | undefined {
    return this.#sets.find(name);
  }

  /** Runs `ipset WORDS`. */
  run(words: readonly string[], input: string): Answer {
    try {
      const given = takeOptions(words);
      const answer = this.#command(given, input);
      return given.options.has("quiet") ? { ...answer, stderr: "" } : answer;
    } catch (error) {
      return ipsetFailure(error);
    }
  }

  #command(given: Given, input: string): Answer {
    const [word = "", name] = given.words;
    const command = wholeIpsetCommand(word);
    const listing = LISTINGS.get(command);
    if (listing) return this.#list(listing, name, given);
    switch (command) {
      case "restore":
      case "-R":
      case "--restore":
        return given.options.has("file") ? refused(255, "") : this.#restore(input, given.options.has("exist"));
      case "version":
      case "-v":
      case "-V":
      case "--version":
        return wrote("ipset v7.17, protocol version: 7\n");
      case "help":
      case "-h":
      case "-H":
      case "--help":
        return wrote("");
      case "":
        return refused(2, "ipset v7.17: No command specified.\nTry `ipset help' for more information.\n");
    }
    if (!isIpsetCommand(command)) {
      const text = `No command specified: unknown argument ${command}`;
      return refused(2, `ipset v7.17: ${text}\nTry \`ipset help' for more information.\n`);
    }
    const exist = given.options.has("exist") ? ["-exist"] : [];
    const reader = new WordReader("ipset", 1, ipsetWords([...exist, ...given.words]));
    return this.#apply(this.#parse(reader));
  }

  #parse(reader: WordReader): IpsetAction {
    return parseIpsetWords(reader, (name) => this.#sets.find(name)).action;
  }

  #apply(action: IpsetAction): Answer {
    if (action.verb !== "test") {
      this.#sets.apply({ tool: "ipset", action });
      return wrote("");
    }
    const set = this.#sets.find(action.set)!;
    const [member] = action.members;
    const text = member ? printElement(member, set.type) : "";
    if (member && this.#isIn(set, member)) return refused(0, `Warning: ${text} is in set ${set.name}.\n`);
    return refused(1, `${text} is NOT in set ${set.name}.\n`);
  }

  #isIn(set: IpSet, member: IpSet["members"][number]): boolean {
    if (set.type === "list:set" && !this.find(member.set ?? "")) return false;
    return this.#sets.test(set.name, member);
  }

  #restore(input: string, exist: boolean): Answer {
    const run = new IpsetRestore({
      parse: (reader) => this.#parse(reader),
      apply: (action) => this.#apply(action),
      list: (words) => this.#command(takeOptions(words), ""),
    });
    return run.run(input, exist);
  }

  #list(command: string, name: string | undefined, { options }: Given): Answer {
    const all = this.#sets.read();
    const sets = name === undefined ? all : all.filter((set) => set.name === name);
    if (name !== undefined && sets.length === 0) {
      return refused(1, "ipset v7.17: The set with the given name does not exist\n");
    }
    const format: SetListFormat = {
      output: options.has("name") ? "name" : command === "save" ? "save" : outputOf(options.get("output")),
      terse: options.has("terse"),
      sorted: options.has("sorted"),
      references: (set) => this.#references(set) + all.filter((list) => listHas(list, set)).length,
    };
    return wrote(listSets(sets, format));
  }
}

function listHas(list: IpSet, set: string): boolean {
  return list.type === "list:set" && list.members.some((member) => member.set === set);
}

function outputOf(text: string | undefined): SetListFormat["output"] {
  if (text === undefined || text === "plain") return "plain";
  if (text === "save" || text === "xml") return text;
  throw new ConfigError(
    "ERR_SYNTAX",
    { file: "ipset", line: 1, column: 1 },
    `Syntax error: unknown output mode '${text}'`,
  );
}

/** Takes the options that stand anywhere out of the words; those that some commands have as their own stay. */
function takeOptions(all: readonly string[]): Given {
  const options = new Map<string, string>();
  const words: string[] = [];
  for (let i = 0; i < all.length; i++) {
    const option = OPTIONS[all[i]!];
    if (option === undefined) words.push(all[i]!);
    else options.set(option, option === "output" || option === "file" ? (all[++i] ?? "") : "");
  }
  return { options, words };
}
