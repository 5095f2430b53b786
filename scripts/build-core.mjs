// Compiles the core: build/core.wasm (release), build/core.debug.wasm (bounds checks, source map), the layouts in
// src/core/layout.generated.ts, and the release module as text in src/core/core.generated.ts, so that the package
// needs no loader and no file beside it in a browser.
import { copyFileSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import asc from "assemblyscript/asc";
import binaryen from "assemblyscript/binaryen";

/** What asconfig.json has on, and what asc has on by itself. */
const { SIMD128, SignExt, MutableGlobals, NontrappingFPToInt, BulkMemory, BulkMemoryOpt } = binaryen.Features;

// With names for `npm run bench:profile`, and nothing else made anew: build/core.profile.wasm.
const isProfile = process.argv.includes("--profile");
const targets = isProfile ? ["profile"] : process.argv.includes("--release-only") ? ["release"] : ["release", "debug"];
for (const target of targets) {
  const { error, stderr } = await asc.main([
    "--config",
    "asconfig.json",
    "--target",
    target,
    "--transform",
    "./scripts/layout-transform.mjs",
    "--transform",
    "./scripts/inline-transform.mjs",
  ]);
  const messages = stderr.toString();
  if (messages) process.stderr.write(messages);
  if (error) {
    process.stderr.write(`${error.message}\n`);
    process.exit(1);
  }
}
if (isProfile) inline("build/core.profile.wasm", true);
else pack();

function pack() {
  inline("build/core.wasm", false);
  const wasm = readFileSync("build/core.wasm");
  mkdirSync("dist", { recursive: true });
  copyFileSync("build/core.wasm", "dist/core.wasm");
  writeFileSync(
    "src/core/core.generated.ts",
    `// Generated from build/core.wasm by scripts/build-core.mjs. Do not edit.\nexport const CORE_WASM_BASE64 =\n  "${wasm.toString("base64")}";\n`,
  );
}

/**
 * Optimizes a module once more with larger functions inlined than asc has them: engines inline nothing themselves, and a packet
 * makes some hundred calls. Sizes are Binaryen's, about a node of the tree each; beyond these the module grows and gains nothing.
 */
function inline(file, keepsNames) {
  const module = binaryen.readBinary(readFileSync(file));
  module.setFeatures(SIMD128 | SignExt | MutableGlobals | NontrappingFPToInt | BulkMemory | BulkMemoryOpt);
  binaryen.setOptimizeLevel(3);
  binaryen.setShrinkLevel(0);
  binaryen.setDebugInfo(keepsNames);
  // As asc has it: static data begins at 1024.
  binaryen.setLowMemoryUnused(true);
  binaryen.setAlwaysInlineMaxSize(60);
  binaryen.setFlexibleInlineMaxSize(60);
  binaryen.setOneCallerInlineMaxSize(600);
  binaryen.setAllowInliningFunctionsWithLoops(true);
  module.optimize();
  writeFileSync(file, module.emitBinary());
  module.dispose();
}
