import { readdir, stat } from "node:fs/promises";
import { join } from "node:path";
import { ObjectError } from "../index.ts";
import { readText } from "./text.ts";

const OBJECT_FILE = /\.(?:json|ya?ml)$/;

/** Texts of Kubernetes objects by file name: of files, of the JSON and YAML files in folders (and theirs), of standard input (`-`). @throws ObjectError for a folder without one. */
export async function readObjectFiles(paths: readonly string[]): Promise<Map<string, string>> {
  const texts = new Map<string, string>();
  for (const path of paths) {
    const files = path !== "-" && (await stat(path)).isDirectory() ? await filesIn(path) : [path];
    for (const file of files) texts.set(file, await readText(file));
  }
  return texts;
}

async function filesIn(folder: string): Promise<string[]> {
  const names = (await readdir(folder, { recursive: true })).filter((name) => OBJECT_FILE.test(name)).sort();
  if (names.length === 0) throw new ObjectError(folder, "", "no .json, .yaml or .yml file is in this folder");
  return names.map((name) => join(folder, name));
}
