import { isStateFile, nodeFilesOfArchive, nodeFilesOfPaths } from "../../index.ts";
import type { ClusterChoice, OpenOptions } from "./shown.ts";

/** A file that was dropped or chosen: its path within what was dropped, and its bytes. */
export interface DroppedFile {
  readonly path: string;
  readonly bytes: Uint8Array;
}

/** A node's files, by name, and what they were made of. */
export interface NodeInputs {
  readonly files: ReadonlyMap<string, Uint8Array>;
  readonly warnings: readonly string[];
  /** Where they were made of Kubernetes objects: how, and what else could be chosen. */
  readonly cluster?: ClusterChoice;
}

/** What was dropped, sorted out. */
export interface Inputs extends NodeInputs {
  readonly title: string;
  readonly capture: Uint8Array;
}

/** Something is missing or unclear in what was dropped. The message says what to do. */
export class InputError extends Error {
  override readonly name = "InputError";
}

const PCAP_MAGICS: ReadonlySet<number> = new Set([0xa1b2c3d4, 0xd4c3b2a1, 0xa1b23c4d, 0x4d3cb2a1, 0x0a0d0d0a]);
const GZIP = 0x1f8b;
const OBJECTS = /\.(?:ya?ml|objects\.json)$/i;

/**
 * Sorts dropped files out: one capture, and a node as a folder, a tar of one, single files, or Kubernetes objects (from which
 * the node is made that kube-proxy would make in this mode).
 *
 * @throws InputError, ObjectError
 */
export async function sortInputs(dropped: readonly DroppedFile[], options: OpenOptions = {}): Promise<Inputs> {
  const [capture, second] = dropped.filter(isCapture);
  if (!capture)
    throw new InputError("No capture among these files: add a pcap or pcapng file of what arrived at the node.");
  if (second) throw new InputError(`Two captures, ${capture.path} and ${second.path}: open one at a time.`);
  return { title: capture.path, capture: capture.bytes, ...(await sortNode(dropped, options)) };
}

/** The node among dropped files, captures passed over. @throws InputError, ObjectError */
export async function sortNode(dropped: readonly DroppedFile[], options: OpenOptions = {}): Promise<NodeInputs> {
  const files = dropped.filter((file) => !isCapture(file));
  const archive = files.find(({ path }) => /\.(?:tar|tgz|tar\.gz)$/i.test(path));
  if (archive) return { files: await nodeFilesOfArchive(archive.bytes, archive.path), warnings: [] };
  const paths = new Map(files.map(({ path, bytes }) => [path, bytes]));
  if ([...paths.keys()].some((path) => path.split("/").pop() === "addr.json")) {
    return { files: nodeFilesOfPaths(paths, "what was dropped"), warnings: [] };
  }
  const objects = files.filter(({ path }) => OBJECTS.test(path));
  // What reads Kubernetes objects is fetched only when there are some.
  if (objects.length > 0) return (await import("./cluster.ts")).clusterNode(objects, options);
  const names = files.map(({ path }) => path.split("/").pop()!).filter(isStateFile);
  if (names.length > 0) {
    throw new InputError(
      `${names.join(", ")} alone make no node: add addr.json (\`ip -j addr\`) and route.json (\`ip -j route show table all\`).`,
    );
  }
  throw new InputError(
    "No node among these files: add the folder (or a tar of it) that `hookwalk collect` fills, or Services as YAML.",
  );
}

function isCapture({ path, bytes }: DroppedFile): boolean {
  if (bytes.length < 4) return false;
  const word = new DataView(bytes.buffer, bytes.byteOffset).getUint32(0);
  const isZipped = word >>> 16 === GZIP && !/\.(?:tar\.gz|tgz)$/i.test(path);
  return isZipped || PCAP_MAGICS.has(word);
}
