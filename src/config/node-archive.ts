import { isTar, parseTar } from "./tar.ts";

/** Names of files that may say something about a node; everything else beside them is left alone. */
const STATE_FILE =
  /^(?:[\w.-]+\.(?:json|save)|(?:sysctl|kernel|modules|ip_vs|bonding|conntrack|nf_conntrack|expect|nf_conntrack_expect)\.txt|nft\.ruleset|nftables\.nft|connlabel\.conf)$/;

/** Is a file of this name part of a node's state? */
export function isStateFile(name: string): boolean {
  return STATE_FILE.test(name);
}

/**
 * The files of a node's state by name, from a tar archive of its folder, compressed with gzip or not.
 *
 * @param name of the archive, for the message of the error.
 * @throws Error when it is none, or holds no addr.json.
 */
export async function nodeFilesOfArchive(archive: Uint8Array, name: string): Promise<Map<string, Uint8Array>> {
  const bytes = archive[0] === 0x1f && archive[1] === 0x8b ? await unzipped(archive) : archive;
  if (!isTar(bytes)) throw new Error(`${name}: neither a folder nor a tar archive of a node's state`);
  return nodeFilesOfPaths(parseTar(bytes), name);
}

/** The files of a node's state by name: those beside the addr.json that lies least deep. */
export function nodeFilesOfPaths(files: ReadonlyMap<string, Uint8Array>, name: string): Map<string, Uint8Array> {
  const root = [...files.keys()].filter((path) => baseName(path) === "addr.json").sort(byDepth)[0];
  if (root === undefined) throw new Error(`${name}: the archive holds no addr.json`);
  const folder = root.slice(0, -"addr.json".length);
  return new Map(
    [...files]
      .filter(([path]) => path.startsWith(folder) && isStateFile(path.slice(folder.length)))
      .map(([path, content]) => [path.slice(folder.length), content]),
  );
}

/** The decompressor is loaded only when it is needed. */
async function unzipped(bytes: Uint8Array): Promise<Uint8Array> {
  const { ungzip } = await import("pako");
  return ungzip(bytes);
}

function baseName(path: string): string {
  return path.slice(path.lastIndexOf("/") + 1);
}

function byDepth(a: string, b: string): number {
  return a.split("/").length - b.split("/").length;
}
