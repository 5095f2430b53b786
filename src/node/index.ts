import { createReadStream } from "node:fs";
import { addAbortSignal } from "node:stream";

export { readNodeFiles } from "./node-files.ts";
export { readObjectFiles } from "./object-files.ts";
export { FileWriter, FolderWriter } from "./results.ts";
export { type ServedPage, servePage } from "./serve.ts";
export { openTable, type TableFile } from "./table-file.ts";
export { readText } from "./text.ts";

const PIECE_BYTES = 1 << 20;

/**
 * A capture's bytes from a file, or from standard input for `-`.
 *
 * @param signal ends the reading with an `AbortError`.
 */
export function openCapture(path: string, signal?: AbortSignal): AsyncIterable<Uint8Array> {
  const stream = path === "-" ? process.stdin : createReadStream(path, { highWaterMark: PIECE_BYTES });
  return signal ? addAbortSignal(signal, stream) : stream;
}
