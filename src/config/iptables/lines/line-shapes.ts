import type { Hole, RuleShape } from "../../../model/rule-lines.ts";
import type { Rule } from "../../../model/ruleset.ts";
import { BACKSLASH, endsWord, NEWLINE, QUOTE, TAB } from "./bytes.ts";
import { isFilledBy } from "./hole-checks.ts";
import { type HoleReader, NO_WORD, type WordHole } from "./hole-reader.ts";

/** No shape that is known. */
export const UNKNOWN_SHAPE = -1;

/** Words that may stand at one place of a line, and how the line goes on behind each. */
interface Place {
  /** Words that have to stand so. */
  readonly words: { readonly bytes: Uint8Array; readonly next: Place }[];
  /** Of these the one that stood here last. */
  last: number;
  hole?: WordHole;
  afterHole?: Place;
  /** The shape of lines that end before this place. */
  shape: number;
}

/** Options whose argument is a hole. */
const HOLES: ReadonlyMap<string, WordHole> = new Map<string, WordHole>([
  ["-A", "chain"],
  ["-s", "source"],
  ["-d", "destination"],
  ["--sport", "sourcePort"],
  ["--dport", "destinationPort"],
  ["-j", "jump"],
  ["-g", "jump"],
  ["--comment", "comment"],
  ["--to-destination", "translation"],
]);

/** More than so many words at one place are no shapes any more, but values that no hole is for. */
const MOST_WORDS = 256;

/**
 * The shapes of a table's rule lines: a tree of words, in which holes stand for any address, port, chain or comment. A line
 * that no shape fits is for the parser of all rules; the rule that it made of it teaches its shape.
 *
 * The parser reads a line from left to right, and takes the argument of these options whatever it is; so two lines that
 * differ in holes alone make rules that differ in those values alone.
 */
export class LineShapes {
  readonly shapes: RuleShape[] = [];
  /** Number of the built-in chain that a shape's lines name; -1 where the chain is a hole. */
  readonly builtInChains: number[] = [];
  readonly #bytes: Uint8Array;
  readonly #holes: HoleReader;
  /** Where the line ends that `find` read. */
  end = 0;
  readonly #root: Place = newPlace();

  constructor(bytes: Uint8Array, holes: HoleReader) {
    this.#bytes = bytes;
    this.#holes = holes;
  }

  /** The shape of the line that begins at `start`, whose values were added; {@link UNKNOWN_SHAPE}, and then none were. */
  find(start: number): number {
    const { values } = this.#holes;
    const valuesBefore = values.length;
    let place = this.#root;
    let at = start;
    while (true) {
      let next: Place | undefined;
      let end = this.#endOfKnownWord(place, at);
      if (end !== NO_WORD) next = this.#known;
      else if (place.hole !== undefined) {
        end = this.#holes.read(place.hole, at);
        if (end !== NO_WORD) next = place.afterHole;
      }
      if (!next) break;
      if (this.#bytes[end] === NEWLINE) {
        if (next.shape === UNKNOWN_SHAPE) break;
        this.end = end;
        return next.shape;
      }
      place = next;
      at = end + 1;
    }
    values.length = valuesBefore;
    return UNKNOWN_SHAPE;
  }

  /** Learns the shape of the line at `start`, which made this rule of a built-in chain (its number) or another (-1). */
  learn(start: number, rule: Rule, builtInChain: number): void {
    // CLUSTERIP is the one target that asks what address its rule tests.
    if (rule.target?.kind === "CLUSTERIP") return;
    const { values } = this.#holes;
    const valuesBefore = values.length;
    const holes: Hole[] = [];
    const last = this.#grow(start, rule, holes);
    values.length = valuesBefore;
    if (!last || last.shape !== UNKNOWN_SHAPE) return;
    last.shape = this.shapes.length;
    this.shapes.push({ sample: rule, holes });
    this.builtInChains.push(builtInChain);
  }

  /** The place behind the line's last word, made with all before it; undefined for a line that is written unusually. */
  #grow(start: number, rule: Rule, holes: Hole[]): Place | undefined {
    let place = this.#root;
    let option = "";
    for (let at = start; ; ) {
      const hole = HOLES.get(option);
      let end = hole === undefined ? NO_WORD : this.#readFor(hole, at, rule);
      if (hole !== undefined && end !== NO_WORD) {
        place.hole ??= hole;
        place.afterHole ??= newPlace();
        place = place.afterHole;
        if (hole !== "chain" && hole !== "comment") holes.push(hole);
        option = "";
      } else {
        end = this.#endOfPlainWord(at);
        const next = end === NO_WORD ? undefined : this.#wordOf(place, at, end);
        if (!next) return undefined;
        place = next;
        option = String.fromCharCode(...this.#bytes.subarray(at, end));
      }
      if (this.#bytes[end] === NEWLINE) return place;
      at = end + 1;
    }
  }

  /** Where the word ends that fills the hole, if the rule has its value where it belongs. */
  #readFor(hole: WordHole, at: number, rule: Rule): number {
    const { values } = this.#holes;
    const valuesBefore = values.length;
    const end = this.#holes.read(hole, at);
    if (end === NO_WORD) return NO_WORD;
    return isFilledBy(hole, rule, values.values.subarray(valuesBefore)) ? end : NO_WORD;
  }

  #endOfPlainWord(start: number): number {
    let at = start;
    for (let byte = this.#bytes[at]!; !endsWord(byte); byte = this.#bytes[++at]!) {
      if (byte === QUOTE || byte === BACKSLASH || byte === TAB) return NO_WORD;
    }
    return at > start ? at : NO_WORD;
  }

  #wordOf(place: Place, start: number, end: number): Place | undefined {
    if (this.#endOfKnownWord(place, start) !== NO_WORD) return this.#known;
    if (place.words.length === MOST_WORDS) return undefined;
    const next = newPlace();
    place.words.push({ bytes: this.#bytes.slice(start, end), next });
    return next;
  }

  /** What follows the word that `#endOfKnownWord` found. */
  #known: Place | undefined;

  /** Looks from the word that stood here last on: values of a kind often come in the same order again and again. */
  #endOfKnownWord(place: Place, at: number): number {
    const { words } = place;
    for (let left = words.length, i = place.last; left > 0; left--, i++) {
      if (i >= words.length) i = 0;
      const { bytes, next } = words[i]!;
      if (!this.#isWord(bytes, at)) continue;
      place.last = i;
      this.#known = next;
      return at + bytes.length;
    }
    return NO_WORD;
  }

  #isWord(word: Uint8Array, at: number): boolean {
    const all = this.#bytes;
    const { length } = word;
    for (let i = 0; i < length; i++) if (word[i] !== all[at + i]) return false;
    return endsWord(all[at + length]!);
  }
}

function newPlace(): Place {
  return { words: [], last: 0, hole: undefined, afterHole: undefined, shape: UNKNOWN_SHAPE };
}
