import { isStateFile, nodeFilesOfArchive, nodeFilesOfPaths, type ProxyMode } from "../../index.ts";

/** A file that was dropped or chosen: its path within what was dropped, and its bytes. */
export interface DroppedFile {
  readonly path: string;
  readonly bytes: Uint8Array;
}

/** What was dropped, sorted out. */
export interface Inputs {
  readonly title: string;
  readonly files: ReadonlyMap<string, Uint8Array>;
  readonly capture: Uint8Array;
  readonly warnings: readonly string[];
}

/** Something is missing or unclear in what was dropped. The message says what to do. */
export class InputError extends Error {
  override readonly name = "InputError";
}

const PCAP_MAGICS: ReadonlySet<number> = new Set([0xa1b2c3d4, 0xd4c3b2a1, 0xa1b23c4d, 0x4d3cb2a1, 0x0a0d0d0a]);
const GZIP = 0x1f8b;
const OBJECTS = /\.ya?ml$/i;

/**
 * Sorts dropped files out: one capture, and a node as a folder, a tar of one, single files, or Kubernetes objects (from which
 * the node is made that kube-proxy would make in this mode).
 *
 * @throws InputError, ObjectError
 */
export async function sortInputs(dropped: readonly DroppedFile[], mode: ProxyMode = "iptables"): Promise<Inputs> {
  const captures = dropped.filter(isCapture);
  const [capture, second] = captures;
  if (!capture)
    throw new InputError("No capture among these files: add a pcap or pcapng file of what arrived at the node.");
  if (second) throw new InputError(`Two captures, ${capture.path} and ${second.path}: open one at a time.`);
  const rest = dropped.filter((file) => file !== capture);
  const { files, warnings } = await nodeOf(rest, mode);
  return { title: capture.path, files, capture: capture.bytes, warnings };
}

/** What is no capture. */
export function withoutCaptures(files: readonly DroppedFile[]): DroppedFile[] {
  return files.filter((file) => !isCapture(file));
}

async function nodeOf(files: readonly DroppedFile[], mode: ProxyMode): Promise<Pick<Inputs, "files" | "warnings">> {
  const archive = files.find(({ path }) => /\.(?:tar|tgz|tar\.gz)$/i.test(path));
  if (archive) return { files: await nodeFilesOfArchive(archive.bytes, archive.path), warnings: [] };
  const paths = new Map(files.map(({ path, bytes }) => [path, bytes]));
  if ([...paths.keys()].some((path) => path.split("/").pop() === "addr.json")) {
    return { files: nodeFilesOfPaths(paths, "what was dropped"), warnings: [] };
  }
  const objects = files.filter(({ path }) => OBJECTS.test(path));
  if (objects.length > 0) return await kubeNode(objects, mode);
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

/** What reads Kubernetes objects is fetched only when there are some. */
async function kubeNode(files: readonly DroppedFile[], mode: ProxyMode): Promise<Pick<Inputs, "files" | "warnings">> {
  const { kubeProxyNode, parseObjects } = await import("../../kubernetes/index.ts");
  const decoder = new TextDecoder();
  const objects = parseObjects(new Map(files.map(({ path, bytes }) => [path, decoder.decode(bytes)])));
  const made = kubeProxyNode(objects, { mode });
  const encoder = new TextEncoder();
  return {
    files: new Map(
      [...made.files].map(([name, text]) => [name, typeof text === "string" ? encoder.encode(text) : text]),
    ),
    warnings: made.warnings,
  };
}

function isCapture({ path, bytes }: DroppedFile): boolean {
  if (bytes.length < 4) return false;
  const word = new DataView(bytes.buffer, bytes.byteOffset).getUint32(0);
  const isZipped = word >>> 16 === GZIP && !/\.(?:tar\.gz|tgz)$/i.test(path);
  return isZipped || PCAP_MAGICS.has(word);
}
