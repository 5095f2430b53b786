const BLOCK_BEGIN = "```console";
const BLOCK_END = "```";
const PROMPT = "$ ";

/** A command of a page and what it prints, between them what stands around it. */
export interface Example {
  /** Line of the command in the page, from 1. */
  readonly line: number;
  readonly command: string;
  /** Standard output and error as they come, with their line ends. */
  readonly output: string;
}

/** The commands of a page: lines that begin with `$ ` in its `console` blocks, each with the lines up to the next one. */
export function readExamples(page: string): Example[] {
  return pieces(page).flatMap((piece) => (typeof piece === "string" ? [] : [piece]));
}

/** The page with other outputs, given for its commands in order. */
export function withOutputs(page: string, outputs: readonly string[]): string {
  let next = 0;
  return pieces(page)
    .map((piece) => (typeof piece === "string" ? piece : `${PROMPT}${piece.command}\n${outputs[next++]}`))
    .join("");
}

/** The page in order: examples, and the text around them. */
function pieces(page: string): (string | Example)[] {
  const found: (string | Example)[] = [];
  let isInside = false;
  for (const [index, line] of page.split(/(?<=\n)/).entries()) {
    const last = found.at(-1);
    if (line.trimEnd() === (isInside ? BLOCK_END : BLOCK_BEGIN)) {
      isInside = !isInside;
      found.push(line);
    } else if (isInside && line.startsWith(PROMPT)) {
      found.push({ line: index + 1, command: line.slice(PROMPT.length).trimEnd(), output: "" });
    } else if (isInside && typeof last === "object") {
      found[found.length - 1] = { ...last, output: last.output + line };
    } else {
      found.push(line);
    }
  }
  return found;
}
