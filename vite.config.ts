import { fileURLToPath } from "node:url";
import { defineConfig, type Plugin } from "vite";
import { bundledExamples } from "./scripts/web-examples.ts";

/** Puts the built-in examples beside the page, one file each. */
function examples(): Plugin {
  return {
    name: "hookwalk-examples",
    generateBundle() {
      for (const [fileName, source] of bundledExamples()) this.emitFile({ type: "asset", fileName, source });
    },
  };
}

/** The page: a static site that needs no server of its own and asks nothing of any. */
export default defineConfig({
  root: fileURLToPath(new URL("src/web", import.meta.url)),
  base: "./",
  plugins: [examples()],
  worker: { format: "es" },
  oxc: { jsx: { runtime: "automatic", importSource: "preact" } },
  build: {
    outDir: fileURLToPath(new URL("dist/web", import.meta.url)),
    emptyOutDir: true,
    target: "es2022",
    reportCompressedSize: false,
  },
});
