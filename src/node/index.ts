import { createReadStream } from "node:fs";

export { readNodeFiles } from "./node-files.ts";
export { FileWriter, FolderWriter } from "./results.ts";

const PIECE_BYTES = 1 << 20;

/** A capture's bytes from a file, or from standard input for `-`. */
export function openCapture(path: string): AsyncIterable<Uint8Array> {
  return path === "-" ? process.stdin : createReadStream(path, { highWaterMark: PIECE_BYTES });
}
