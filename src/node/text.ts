import { readFile } from "node:fs/promises";

/** A text file, or standard input for `-`. */
export async function readText(path: string): Promise<string> {
  if (path !== "-") return readFile(path, "utf8");
  const pieces: Uint8Array[] = [];
  for await (const piece of process.stdin) pieces.push(piece as Uint8Array);
  return Buffer.concat(pieces).toString("utf8");
}
