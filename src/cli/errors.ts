import { ConfigError } from "../index.ts";

/** Exit codes of the command; part of its contract. */
export const EXIT_DONE = 0;
/** The answer is no: a file is refused, nodes differ, what left is not explained. */
export const EXIT_NO = 1;
export const EXIT_USAGE = 2;
export const EXIT_UNSUPPORTED = 3;
export const EXIT_INTERRUPTED = 130;

/** The command line, or what it names, is wrong. */
export class UsageError extends Error {
  override readonly name = "UsageError";
}

export function exitCodeOf(error: unknown): number {
  return error instanceof ConfigError && error.code === "ERR_UNSUPPORTED" ? EXIT_UNSUPPORTED : EXIT_USAGE;
}

/** What to tell the user; a stack only for errors of the program itself. */
export function messageOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  if (error instanceof ConfigError && error.code === "ERR_UNSUPPORTED") {
    return `${error.message}\n(--ignore-unsupported leaves it out; results may differ then)`;
  }
  const isExpected = error.name !== "Error" && error.name !== "TypeError" && error.name !== "RuntimeError";
  return isExpected || "code" in error ? error.message : (error.stack ?? error.message);
}
