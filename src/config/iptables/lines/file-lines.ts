import type { SavedLine } from "../save-lines.ts";
import { NEWLINE } from "./bytes.ts";

const BYTE_ORDER_MARK = [0xef, 0xbb, 0xbf];

/** The bytes of a file of lines, which nobody changes, and the text of single ones. */
export class FileLines {
  readonly bytes: Uint8Array;
  readonly file: string;
  /** Where the first line begins. */
  readonly start: number;
  /** A mark inside of the file is text; the one before it is not. */
  readonly #decoder = new TextDecoder("utf-8", { ignoreBOM: true });

  constructor(bytes: Uint8Array, file: string) {
    this.bytes = bytes.slice();
    this.file = file;
    this.start = BYTE_ORDER_MARK.every((byte, i) => bytes[i] === byte) ? BYTE_ORDER_MARK.length : 0;
  }

  get endsWithNewline(): boolean {
    return this.bytes.at(-1) === NEWLINE;
  }

  /** Where the newline of the line is that has this byte. */
  endOf(at: number): number {
    return this.bytes.indexOf(NEWLINE, at);
  }

  /** The line that begins at `start`. */
  line(start: number, number: number): SavedLine {
    return { text: this.#decoder.decode(this.bytes.subarray(start, this.endOf(start))), file: this.file, number };
  }

  /** Do these bytes, newline included, stand at `start`? */
  isLine(start: number, line: Uint8Array): boolean {
    for (let i = 0; i < line.length; i++) if (this.bytes[start + i] !== line[i]) return false;
    return true;
  }
}
