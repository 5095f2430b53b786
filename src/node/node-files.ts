import { readdir, readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import { isStateFile, nodeFilesOfArchive } from "../index.ts";

/**
 * The files of a node's state, by name: from a folder (as `hookwalk collect` wrote it, or a recorded scenario), or from a
 * tar archive of one, compressed with gzip or not.
 *
 * @throws Error when `path` is neither.
 */
export async function readNodeFiles(path: string): Promise<Map<string, Uint8Array>> {
  return (await stat(path)).isDirectory() ? readFolder(path) : nodeFilesOfArchive(await readFile(path), path);
}

async function readFolder(path: string): Promise<Map<string, Uint8Array>> {
  const entries = await readdir(path, { withFileTypes: true });
  const names = entries.filter((entry) => !entry.isDirectory() && isStateFile(entry.name)).map(({ name }) => name);
  return new Map(await Promise.all(names.map(async (name) => [name, await readFile(join(path, name))] as const)));
}
