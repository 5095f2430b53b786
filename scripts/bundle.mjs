// Puts the host's modules, which tsc has written to dist/src one by one, together into a few files: importing three hundred
// modules takes longer than replaying a short capture. The entries keep their places; declarations stay as they are.
import { copyFileSync, mkdirSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { build } from "esbuild";

const OUT = "dist/src";
const ENTRIES = ["index.js", "replay.js", "node/index.js", "cli/main.js"].map((entry) => join(OUT, entry));
/** Loaded only by those who need them; the rest is small when only what is used of it comes along. */
const EXTERNAL = ["commander", "hyparquet-writer", "pako"];

const { outputFiles } = await build({
  entryPoints: ENTRIES,
  outdir: OUT,
  outbase: OUT,
  chunkNames: "chunks/[name]-[hash]",
  bundle: true,
  splitting: true,
  write: false,
  format: "esm",
  platform: "neutral",
  mainFields: ["module", "main"],
  conditions: ["import", "browser"],
  target: "es2022",
  external: [...EXTERNAL, "node:*"],
  // As seen from dist/src/chunks/.
  define: { PACKAGED_CORE: '"../../core.wasm"' },
  legalComments: "inline",
  // Half the time of an import is parsing.
  minifyWhitespace: true,
});
for (const name of readdirSync("dist", { recursive: true })) {
  if (name.endsWith(".js") && !name.startsWith("web")) rmSync(join("dist", name));
}
for (const { path, contents } of outputFiles) {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, contents);
}
copyFileSync("node_modules/yaml/LICENSE", "dist/yaml.LICENSE");
