import type { SourcePosition } from "../model/address.ts";
import { ConfigError } from "./error.ts";

/** A word of a line and where it begins. */
export interface Word {
  readonly text: string;
  readonly column: number;
}

const SPACE = 32;
const TAB = 9;
const QUOTE = 34;
const BACKSLASH = 92;

/**
 * Splits a line as iptables-restore does: blanks separate; only double quotes group, and inside them a backslash takes
 * the next byte; a closing quote ends the word. An unclosed quote takes the rest of the line and
 * its newline. ipset knows no such backslash: `escapes` false.
 */
export function splitWords(line: string, from = 0, escapes = true): Word[] {
  const words: Word[] = [];
  let i = from;
  const end = line.length;
  while (i < end) {
    const c = line.charCodeAt(i);
    if (c === SPACE || c === TAB) {
      i++;
      continue;
    }
    const start = i;
    while (i < end) {
      const d = line.charCodeAt(i);
      if (d === SPACE || d === TAB || d === QUOTE) break;
      i++;
    }
    if (i < end && line.charCodeAt(i) === QUOTE) {
      const [text, next] = quoted(line, i + 1, escapes);
      words.push({ text: line.slice(start, i) + text, column: start + 1 });
      i = next;
    } else {
      words.push({ text: line.slice(start, i), column: start + 1 });
    }
  }
  return words;
}

function quoted(line: string, from: number, escapes: boolean): [text: string, next: number] {
  let text = "";
  let start = from;
  for (let i = from; i < line.length; i++) {
    const c = line.charCodeAt(i);
    if (c === QUOTE) return [text + line.slice(start, i), i + 1];
    if (c === BACKSLASH && escapes) {
      text += line.slice(start, i);
      start = i + 1;
      i++;
    }
  }
  return [`${text}${line.slice(start)}\n`, line.length];
}

/** Splits a command line as a shell does: single and double quotes and backslashes, nothing else of its language. */
export function splitShellWords(line: string): Word[] {
  const words: Word[] = [];
  for (let i = 0; i < line.length; ) {
    if (line[i] === " " || line[i] === "\t") {
      i++;
      continue;
    }
    const [text, next] = shellWord(line, i);
    words.push({ text, column: i + 1 });
    i = next;
  }
  return words;
}

function shellWord(line: string, from: number): [text: string, next: number] {
  let text = "";
  let quote = "";
  let i = from;
  for (; i < line.length; i++) {
    const c = line[i]!;
    if (quote === "" && (c === " " || c === "\t")) break;
    if (c === "\\" && quote !== "'" && i + 1 < line.length) text += line[++i]!;
    else if (c === quote) quote = "";
    else if (quote === "" && (c === "'" || c === '"')) quote = c;
    else text += c;
  }
  return [text, i];
}

/** The words of one line, read from left to right. */
export class WordReader {
  readonly file: string;
  readonly line: number;
  readonly words: readonly Word[];
  #next = 0;
  #unread: Word | undefined;

  constructor(file: string, line: number, words: readonly Word[]) {
    this.file = file;
    this.line = line;
    this.words = words;
  }

  peek(): Word | undefined {
    return this.#unread ?? this.words[this.#next];
  }

  next(): Word | undefined {
    if (this.#unread === undefined) return this.words[this.#next++];
    const word = this.#unread;
    this.#unread = undefined;
    return word;
  }

  /** Puts one word before the next: the value of `--name=value` or `-nvalue`. */
  unread(word: Word): void {
    this.#unread = word;
  }

  at(word?: Word): SourcePosition {
    return { file: this.file, line: this.line, column: word?.column ?? 1 };
  }

  fail(word: Word | undefined, detail: string, code: ConfigError["code"] = "ERR_VALUE"): never {
    throw new ConfigError(code, this.at(word), detail);
  }
}
