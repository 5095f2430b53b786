import { readFileSync } from "node:fs";
import { join, posix } from "node:path";

/** What a package.json may say about its entry: a path, or paths by condition, the first that holds counts. */
type Entry = string | { readonly [condition: string]: Entry };

interface Manifest {
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly exports?: Entry;
}

/** Conditions that hold in a page. */
const CONDITIONS = new Set(["browser", "import", "default"]);

/** Where a page finds the built package and each package it depends on, by their names; paths from the project's root. */
export function importMap(project: string): Record<string, string> {
  const { dependencies } = readManifest(project);
  const map: Record<string, string> = { hookwalk: "/dist/src/index.js" };
  for (const name of Object.keys(dependencies ?? {})) {
    const folder = posix.join("node_modules", name);
    const { exports } = readManifest(join(project, folder));
    const entry = entryFor(typeof exports === "object" && "." in exports ? exports["."] : exports);
    if (entry !== undefined) map[name] = posix.join("/", folder, entry);
  }
  return map;
}

function readManifest(folder: string): Manifest {
  return JSON.parse(readFileSync(join(folder, "package.json"), "utf8")) as Manifest;
}

function entryFor(entry: Entry | undefined): string | undefined {
  if (entry === undefined || typeof entry === "string") return entry;
  const condition = Object.keys(entry).find((name) => CONDITIONS.has(name));
  return condition === undefined ? undefined : entryFor(entry[condition]);
}
