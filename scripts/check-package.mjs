// Packs the package as it would be published, checks what is in it (publint, are-the-types-wrong, the list of files), then
// installs it into an empty project and uses it there: the command, and both entries of the library.
import { execFileSync } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";

const SCENARIO = resolve("test/conformance/corpus/unpacked/ipvs/seed-example");
const ALLOWED =
  /^(package\.json|README\.md|LICENSE|CHANGELOG\.md|dist\/core\.wasm|dist\/yaml\.LICENSE|schema\/.+\.schema\.json|dist\/(src|assembly\/abi)\/.+\.(js|d\.ts)|dist\/web\/.+\.(html|js|css|wasm|json))$/;
const REQUIRED = [
  "LICENSE",
  "dist/core.wasm",
  "dist/src/index.js",
  "dist/src/index.d.ts",
  "dist/src/replay.js",
  "dist/src/cli/main.js",
  "dist/web/index.html",
  "schema/report.schema.json",
];

mkdirSync("build", { recursive: true });
const [packed] = JSON.parse(run("npm", "pack", "--json", "--pack-destination", "build"));
const tarball = resolve("build", packed.filename);
const paths = packed.files.map(({ path }) => path);
for (const path of paths) if (!ALLOWED.test(path)) fail(`${path} does not belong into the package`);
for (const path of REQUIRED) if (!paths.includes(path)) fail(`${path} is missing from the package`);
console.log(`${paths.length} files, ${Math.round(packed.size / 1024)} KiB packed`);

run("npx", "publint", tarball, "--strict");
run("npx", "attw", tarball, "--profile", "esm-only", "--exclude-entrypoints", "./core.wasm");

const project = mkdtempSync(join(tmpdir(), "hookwalk-"));
try {
  useInstalled(project);
} finally {
  rmSync(project, { recursive: true });
}

function useInstalled(cwd) {
  writeFileSync(join(cwd, "package.json"), JSON.stringify({ type: "module", private: true }));
  run("npm", "install", "--prefer-offline", "--no-audit", "--no-fund", "--prefix", cwd, tarball);
  const command = join(cwd, "node_modules/.bin/hookwalk");
  run(command, "replay", SCENARIO, join(SCENARIO, "in.pcapng"), "--results", join(cwd, "results"));
  const written = readdirSync(join(cwd, "results"));
  for (const name of ["verdicts.json", "out.pcapng", "conntrack.txt", "trace.txt", "ipvs.stats"]) {
    if (!written.includes(name)) fail(`the installed command did not write ${name}`);
  }
  const title = ["-p", "require('hookwalk/schema/report.schema.json').title"];
  const schema = execFileSync(process.execPath, title, { cwd, encoding: "utf8" }).trim();
  if (schema !== "hookwalk replay --json") fail(`the installed package has no schema of the report: ${schema}`);
  console.log(`installed: the command replays; README's example printed ${runReadmeExample(cwd)} lines`);
}

/** Runs the library's example in README.md as it stands, over a recorded node. */
function runReadmeExample(cwd) {
  const example = /```js\n(.*?)```/s.exec(readFileSync("README.md", "utf8"))[1];
  writeFileSync(join(cwd, "example.js"), example);
  cpSync(SCENARIO, join(cwd, "state"), { recursive: true });
  cpSync(join(SCENARIO, "in.pcapng"), join(cwd, "eth0.pcapng"));
  const printed = execFileSync(process.execPath, ["example.js"], { cwd, encoding: "utf8" });
  if (!printed.includes("45 sent") || !printed.includes("Packet 1:")) fail(`README's example printed:\n${printed}`);
  return printed.trimEnd().split("\n").length;
}

function run(command, ...args) {
  try {
    return execFileSync(command, args, { encoding: "utf8", stdio: ["ignore", "pipe", "inherit"] });
  } catch (error) {
    fail(`${command} ${args.join(" ")}\n${error.stdout}`);
  }
}

function fail(message) {
  console.error(message);
  process.exit(1);
}
