import { ANSWER_VERSION, type AnswerLine, answerQuestion, lintText, type Question } from "../index.ts";
import { readText } from "../node/index.ts";
import { EXIT_DONE, EXIT_NO, UsageError } from "./errors.ts";

export interface LintValues {
  readonly jsonl?: boolean;
  readonly canonical?: boolean;
}

/** `hookwalk lint`. @returns the exit code. */
export async function lint(files: readonly string[], values: LintValues): Promise<number> {
  if (values.jsonl) return answerLines();
  if (files.length === 0) throw new UsageError("lint wants at least one file, or --jsonl");
  let code = EXIT_DONE;
  for (const file of files) {
    const { kind, error, canonical } = await lintText(await readText(file), file);
    if (error) {
      process.stdout.write(`${error.message}\n`);
      code = EXIT_NO;
    } else {
      process.stdout.write(values.canonical ? canonical! : `${file}: ${kind}, accepted\n`);
    }
  }
  return code;
}

/** A question a line on standard input, an answer a line on standard output. */
async function answerLines(): Promise<number> {
  for await (const line of linesOf(process.stdin)) {
    if (line.trim() !== "") process.stdout.write(`${JSON.stringify(await answerLine(line))}\n`);
  }
  return EXIT_DONE;
}

/** Ends at newlines only; readline would end at other separators of Unicode too. */
async function* linesOf(input: AsyncIterable<Uint8Array>): AsyncGenerator<string> {
  const decoder = new TextDecoder();
  let rest = "";
  for await (const piece of input) {
    const lines = (rest + decoder.decode(piece, { stream: true })).split("\n");
    rest = lines.pop()!;
    yield* lines;
  }
  yield rest;
}

async function answerLine(line: string): Promise<AnswerLine> {
  const version = ANSWER_VERSION;
  try {
    return { version, ...(await answerQuestion(JSON.parse(line) as Question)) };
  } catch (error) {
    return { version, ok: false, error: error instanceof Error ? error.message : String(error) };
  }
}
