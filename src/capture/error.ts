/** Stable across versions, for programs; the message is for people and may change. */
export type CaptureErrorCode =
  /** Not a capture, or one of a kind that is not read. */
  | "ERR_CAPTURE_FORMAT"
  /** A capture that contradicts itself from some byte on. */
  | "ERR_CAPTURE_DAMAGED"
  /** A capture that ends in the middle of a record. */
  | "ERR_CAPTURE_TRUNCATED";

/** A capture that cannot be read, or not any further. Every packet before the place has been given. */
export class CaptureError extends Error {
  override readonly name = "CaptureError";
  readonly code: CaptureErrorCode;
  /** Byte of the (decompressed) file where the bad record or block begins, from 0. */
  readonly offset: number;
  /** What is wrong and what to do, without the place. */
  readonly detail: string;

  constructor(code: CaptureErrorCode, offset: number, detail: string) {
    super(`byte ${offset}: ${detail}`);
    this.code = code;
    this.offset = offset;
    this.detail = detail;
  }
}
