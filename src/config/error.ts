import type { SourcePosition } from "../model/address.ts";

/** Stable across versions, for programs; the message is for people and may change. */
export type ConfigErrorCode = "ERR_SYNTAX" | "ERR_VALUE" | "ERR_UNKNOWN_NAME" | "ERR_UNSUPPORTED" | "ERR_MISSING_FILE";

/** A configuration that cannot be read, or says what this version does not emulate. */
export class ConfigError extends Error {
  override readonly name = "ConfigError";
  readonly code: ConfigErrorCode;
  readonly at: SourcePosition;
  /** What is wrong, without the place. */
  readonly detail: string;

  constructor(code: ConfigErrorCode, at: SourcePosition, detail: string) {
    super(`${at.file}:${at.line}:${at.column}: ${detail}`);
    this.code = code;
    this.at = at;
    this.detail = detail;
  }
}
