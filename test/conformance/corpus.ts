import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { gunzipSync } from "node:zlib";
import { type Masks, masksOf } from "./compare/mask-names.ts";
import type { ResultFiles } from "./compare/results.ts";
import { readTar } from "./tar.ts";

/** A node, a capture, and what a real kernel did with it. */
export interface RecordedScenario {
  /** `group/name`. */
  readonly id: string;
  readonly group: string;
  /** The node's files and `in.pcapng`: all that a replay may see. */
  readonly node: ReadonlyMap<string, Uint8Array>;
  readonly expected: ResultFiles;
  readonly masks: Masks;
}

export const GROUPS = [
  "iptables",
  "rules",
  "conntrack",
  "nat",
  "helpers",
  "events",
  "ipvs",
  "kube",
  "devices",
  "commands",
  "fuzz",
] as const;

/** Where the project keeps its archives, one for each group. */
export const CORPUS = fileURLToPath(new URL("corpus/", import.meta.url));

/** Reads a group's scenarios, from `GROUP.tar.gz` or from the folder `GROUP`, whichever the corpus has. */
export function readGroup(group: string, corpus = CORPUS): RecordedScenario[] {
  const archive = join(corpus, `${group}.tar.gz`);
  const files = existsSync(archive) ? filesOfArchive(archive) : filesOfFolder(join(corpus, group));
  const scenarios = new Map<string, Map<string, Uint8Array>>();
  for (const [path, bytes] of files) {
    const slash = path.indexOf("/");
    const name = path.slice(0, slash);
    const scenario = scenarios.get(name) ?? new Map<string, Uint8Array>();
    scenarios.set(name, scenario.set(path.slice(slash + 1), bytes));
  }
  return [...scenarios].map(([name, scenario]) => toScenario(group, name, scenario));
}

function toScenario(group: string, name: string, files: ReadonlyMap<string, Uint8Array>): RecordedScenario {
  const node = new Map<string, Uint8Array>();
  const expected = new Map<string, Uint8Array>();
  for (const [path, bytes] of files) {
    if (path.startsWith("expected/")) expected.set(path.slice("expected/".length), bytes);
    else node.set(path, bytes);
  }
  const description = JSON.parse(new TextDecoder().decode(node.get("scenario.json"))) as { mask?: string[] };
  return { id: `${group}/${name}`, group, node, expected, masks: masksOf(description.mask ?? []) };
}

function filesOfArchive(archive: string): [path: string, bytes: Uint8Array][] {
  return readTar(plainBytes(gunzipSync(readFileSync(archive)))).map(({ path, bytes }) => [path, bytes]);
}

/** All files below a folder, sorted by path, so that an archive of them is always the same. */
export function filesOfFolder(folder: string): [path: string, bytes: Uint8Array][] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .map((file): [string, Uint8Array] => [file.slice(folder.length + 1), plainBytes(readFileSync(file))])
    .sort(([a], [b]) => (a < b ? -1 : 1));
}

/** Not a Buffer, whose slice() is a view and not a copy. */
function plainBytes(buffer: Buffer): Uint8Array {
  return new Uint8Array(buffer.buffer, buffer.byteOffset, buffer.byteLength);
}

/** The scenarios that the arguments name: groups, `group/name`, or all when there are none. */
export function selectScenarios(names: readonly string[], corpus = CORPUS): RecordedScenario[] {
  const groups = new Set(names.map((name) => name.split("/", 1)[0]!));
  for (const group of groups) {
    if (!(GROUPS as readonly string[]).includes(group))
      throw new Error(`no such group: ${group} (${GROUPS.join(", ")})`);
  }
  const wanted = GROUPS.filter((group) => groups.size === 0 || groups.has(group));
  const scenarios = wanted.flatMap((group) => readGroup(group, corpus));
  if (names.length === 0) return scenarios;
  const isWanted = (id: string) => names.some((name) => id === name || id.startsWith(`${name}/`));
  for (const name of names) {
    if (!scenarios.some(({ id }) => id === name || id.startsWith(`${name}/`)))
      throw new Error(`no such scenario: ${name}`);
  }
  return scenarios.filter(({ id }) => isWanted(id));
}
