import { readdir, readFile, stat } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { gunzipSync } from "node:zlib";
import { isTar, parseTar } from "./tar.ts";

/** Names of files that may say something about a node; everything else in its folder is left alone. */
const STATE_FILE =
  /^(?:[\w.-]+\.(?:json|save)|(?:sysctl|kernel|modules|ip_vs|conntrack|nf_conntrack)\.txt|nft\.ruleset|nftables\.nft)$/;

/**
 * The files of a node's state, by name: from a folder (as `hookwalk collect` wrote it, or a recorded scenario), or from a
 * tar archive of one, compressed with gzip or not.
 *
 * @throws Error when `path` is neither.
 */
export async function readNodeFiles(path: string): Promise<Map<string, Uint8Array>> {
  return (await stat(path)).isDirectory() ? readFolder(path) : readArchive(path);
}

async function readFolder(path: string): Promise<Map<string, Uint8Array>> {
  const entries = await readdir(path, { withFileTypes: true });
  const names = entries.filter((entry) => !entry.isDirectory() && STATE_FILE.test(entry.name)).map(({ name }) => name);
  return new Map(await Promise.all(names.map(async (name) => [name, await readFile(join(path, name))] as const)));
}

async function readArchive(path: string): Promise<Map<string, Uint8Array>> {
  const raw = await readFile(path);
  const bytes = raw[0] === 0x1f && raw[1] === 0x8b ? gunzipSync(raw) : raw;
  if (!isTar(bytes)) throw new Error(`${path}: neither a folder nor a tar archive of a node's state`);
  const files = parseTar(bytes);
  const root = [...files.keys()].filter((name) => basename(name) === "addr.json").sort(byDepth)[0];
  if (root === undefined) throw new Error(`${path}: the archive holds no addr.json`);
  const folder = dirname(root);
  return new Map(
    [...files]
      .filter(([name]) => dirname(name) === folder && STATE_FILE.test(basename(name)))
      .map(([name, content]) => [basename(name), content]),
  );
}

function byDepth(a: string, b: string): number {
  return a.split("/").length - b.split("/").length;
}
