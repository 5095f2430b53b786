import { readdirSync } from "node:fs";
import { fileURLToPath } from "node:url";

const DOCS = new URL("../../docs/", import.meta.url);

/** The project's pages, by their names. */
export function docPages(): Map<string, string> {
  const names = readdirSync(DOCS).filter((name) => name.endsWith(".md"));
  return new Map(names.sort().map((name) => [name, fileURLToPath(new URL(name, DOCS))]));
}
