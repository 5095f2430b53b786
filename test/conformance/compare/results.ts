/** What a replay left behind, or what the kernel left: contents by file name, as `hookwalk replay --results` writes them. */
export type ResultFiles = ReadonlyMap<string, Uint8Array>;

/** One place where two results of the same scenario differ. */
export interface Difference {
  readonly file: string;
  /** The input packet it belongs to, where it belongs to one. */
  readonly packet?: number;
  readonly text: string;
}

/** What a comparison of one file found. */
export interface Comparison {
  readonly differences: readonly Difference[];
  /** How many things (packets, rules, rows, lines) were compared and equal. */
  readonly equal: number;
}

/** Collects the differences of one file. */
export class Findings {
  readonly #file: string;
  readonly differences: Difference[] = [];
  equal = 0;

  constructor(file: string) {
    this.#file = file;
  }

  differs(text: string, packet?: number): void {
    this.differences.push({ file: this.#file, packet, text });
  }
}

const decoder = new TextDecoder();

export function linesOf(bytes: Uint8Array): string[] {
  const lines = decoder.decode(bytes).split("\n");
  if (lines.at(-1) === "") lines.pop();
  return lines;
}

export function wordsOf(line: string): string[] {
  return line.split(/\s+/).filter((word) => word !== "");
}
