import { ConfigError } from "../config/error.ts";
import { isIpsetCommand } from "../config/ipset/command.ts";
import { splitWords, type Word, WordReader } from "../config/words.ts";
import type { IpsetAction } from "../model/command.ts";
import { type Answer, wrote } from "./answer.ts";
import { ipsetFailure, ipsetWords, isListing } from "./ipset-words.ts";

/** What a restore does with its lines. */
interface IpsetRun {
  parse(reader: WordReader): IpsetAction;
  apply(action: IpsetAction): Answer;
  /** Runs a command that prints. */
  list(words: readonly string[]): Answer;
}

interface Pending {
  readonly line: number;
  readonly action: IpsetAction;
}

/**
 * One run of `ipset restore`. Members of one set are gathered and go to the kernel together, when another command follows
 * or the input ends: an error in a later line leaves those gathered last undone.
 */
export class IpsetRestore {
  readonly #run: IpsetRun;
  #pending: Pending[] = [];
  #line = 0;
  #stdout = "";
  #stderr = "";

  constructor(run: IpsetRun) {
    this.#run = run;
  }

  run(input: string, exist: boolean): Answer {
    try {
      for (const raw of input.split("\n")) {
        this.#line++;
        this.#runLine(raw.endsWith("\r") ? raw.slice(0, -1) : raw, exist);
      }
      this.#flush();
      return { ...wrote(this.#stdout), stderr: this.#stderr };
    } catch (error) {
      const answer = ipsetFailure(error);
      const isPlain = answer.exit === 2;
      const text = isPlain ? answer.stderr : answer.stderr.replace(": ", `: Error in line ${this.#line}: `);
      return { ...answer, stdout: this.#stdout, stderr: this.#stderr + text };
    }
  }

  #runLine(line: string, exist: boolean): void {
    const words = wordsOf(line);
    const first = words[0]?.text ?? "";
    if (words.length === 0 || first.startsWith("#") || first === "COMMIT") return;
    const texts = words.map(({ text }) => text);
    if (isListing(first)) {
      this.#flush();
      this.#stdout += this.#run.list(texts).stdout;
      return;
    }
    if (first === "restore" || first === "help" || first === "version") {
      this.#fail(words[0], `Command \`${first}' is invalid in restore mode.`);
    }
    if (!first.startsWith("-") && !isIpsetCommand(first)) {
      this.#fail(words[0], `No command specified: unknown argument ${first}`);
    }
    const reader = new WordReader("ipset", this.#line, exist ? [...ipsetWords(["-exist"]), ...words] : words);
    this.#take(this.#run.parse(reader));
  }

  #take(action: IpsetAction): void {
    const last = this.#pending.at(-1)?.action;
    const isGathered = action.verb === "add" || action.verb === "del";
    if (!isGathered || !last || last.verb !== action.verb || last.set !== action.set) this.#flush();
    if (isGathered) this.#pending.push({ line: this.#line, action });
    else this.#stderr += this.#run.apply(action).stderr;
  }

  #flush(): void {
    const pending = this.#pending;
    this.#pending = [];
    const at = this.#line;
    for (const { line, action } of pending) {
      this.#line = line;
      this.#run.apply(action);
    }
    this.#line = at;
  }

  #fail(word: Word | undefined, detail: string): never {
    throw new ConfigError("ERR_SYNTAX", { file: "ipset", line: this.#line, column: word?.column ?? 1 }, detail);
  }
}

/** A quote that is not closed swallows the word it begins. */
function wordsOf(line: string): Word[] {
  const words = splitWords(line, 0, false);
  return words.at(-1)?.text.endsWith("\n") ? words.slice(0, -1) : words;
}
