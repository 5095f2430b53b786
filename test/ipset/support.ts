import { LoadedSets } from "../../src/compile/ipset.ts";
import { parseIpsetWords } from "../../src/config/ipset/command.ts";
import { parseIpsetSave, printIpsetSave } from "../../src/config/ipset/save.ts";
import { splitWords, WordReader } from "../../src/config/words.ts";
import { type Core, instantiateCore } from "../../src/core/core.ts";

const HZ = 100;
const SECOND = 1_000_000_000n;

/** A core's sets, driven by the tool's own words. */
export class Sets {
  readonly core: Core;
  readonly loaded: LoadedSets;

  private constructor(core: Core, text: string) {
    this.core = core;
    this.loaded = LoadedSets.load(core, parseIpsetSave(text, "ipset.save"));
  }

  static async of(...lines: readonly string[]): Promise<Sets> {
    const core = await instantiateCore();
    core.setHz(HZ);
    core.startAt(0n);
    return new Sets(core, lines.map((line) => `${line}\n`).join(""));
  }

  /** Runs `ipset WORDS`. */
  run(words: string): void {
    const reader = new WordReader("command", 1, splitWords(words, 0, false));
    this.loaded.apply(parseIpsetWords(reader, (name) => this.loaded.find(name)));
  }

  /** The message with which a command is refused, undefined when it is not. */
  refusal(words: string): string | undefined {
    try {
      this.run(words);
      return undefined;
    } catch (error) {
      return (error as Error).message;
    }
  }

  /** Does `ipset test` find it? */
  has(set: string, element: string): boolean {
    return this.refusal(`test ${set} ${element}`) === undefined;
  }

  /** Lets virtual time go on to that many seconds. */
  at(seconds: number): void {
    this.core.runUntil(BigInt(seconds) * SECOND);
  }

  /** `ipset save`, a line an element; options of hash tables that say nothing of the content are left out. */
  save(): string[] {
    return printIpsetSave(this.loaded.read())
      .replace(/ (bucketsize \d+|initval \w+|hashsize \d+|maxelem 65536)/g, "")
      .split("\n")
      .slice(0, -1);
  }

  /** The same without the `create` lines, sorted. */
  members(): string[] {
    return this.save()
      .filter((line) => line.startsWith("add "))
      .sort();
  }
}
