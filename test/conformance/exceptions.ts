import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

/** A recorded scenario that does not agree with the kernel yet. */
export interface KnownException {
  /** `group/name`. */
  readonly scenario: string;
  /** The first input packet that differs; absent where only the state afterwards does. */
  readonly packet?: number;
  /** What is missing: names the kernel function, or the section of the kernel's documentation or of an RFC. */
  readonly reason: string;
}

const FILE = fileURLToPath(new URL("exceptions.json", import.meta.url));

/** The checked-in list. It may only become shorter. */
export function readExceptions(): readonly KnownException[] {
  return JSON.parse(readFileSync(FILE, "utf8")) as KnownException[];
}
