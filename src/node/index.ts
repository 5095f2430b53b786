import { createReadStream } from "node:fs";
import { readFile } from "node:fs/promises";
import { addAbortSignal } from "node:stream";

export { readNodeFiles } from "./node-files.ts";
export { FileWriter, FolderWriter } from "./results.ts";

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

/** A text file, or standard input for `-`. */
export async function readText(path: string): Promise<string> {
  if (path !== "-") return readFile(path, "utf8");
  const pieces: Uint8Array[] = [];
  for await (const piece of process.stdin) pieces.push(piece as Uint8Array);
  return Buffer.concat(pieces).toString("utf8");
}
