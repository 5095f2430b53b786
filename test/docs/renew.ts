/** `npm run docs [-- PAGE...]`: runs the commands of the pages in docs/ and writes what they print into them. */
import { readFileSync, writeFileSync } from "node:fs";
import { readExamples, withOutputs } from "./examples.ts";
import { docPages } from "./pages.ts";
import { PageShell } from "./shell.ts";

const wanted = process.argv.slice(2);
for (const [name, path] of docPages()) {
  if (wanted.length > 0 && !wanted.includes(name)) continue;
  const page = readFileSync(path, "utf8");
  const shell = new PageShell();
  const outputs = readExamples(page).map(({ command }) => shell.run(command));
  shell.close();
  const renewed = withOutputs(page, outputs);
  if (renewed !== page) writeFileSync(path, renewed);
  console.log(`${name}: ${outputs.length} commands${renewed === page ? "" : ", changed"}`);
}
