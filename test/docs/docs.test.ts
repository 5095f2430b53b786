import { readFileSync } from "node:fs";
import { afterAll, describe, expect, it } from "vitest";
import { readExamples, withOutputs } from "./examples.ts";
import { docPages } from "./pages.ts";
import { PageShell } from "./shell.ts";

describe("a page's examples", () => {
  const PAGE = "Words\n```console\n$ echo one\none\n$ true\n$ echo two\ntwo\n\n```\n```sh\n$ echo three\n```\n";

  it("are the commands in its console blocks, each with what it prints", () => {
    expect(readExamples(PAGE)).toEqual([
      { line: 3, command: "echo one", output: "one\n" },
      { line: 5, command: "true", output: "" },
      { line: 6, command: "echo two", output: "two\n\n" },
    ]);
  });

  it("can be given other outputs", () => {
    expect(withOutputs(PAGE, ["one\n", "", "two\n\n"])).toBe(PAGE);
    expect(withOutputs(PAGE, ["1\n", "0\n", ""])).toBe(
      "Words\n```console\n$ echo one\n1\n$ true\n0\n$ echo two\n```\n```sh\n$ echo three\n```\n",
    );
  });
});

/** The pages cannot go stale: every command runs, and prints what the page says. `npm run docs` renews them. */
describe.each([...docPages()])("docs/%s", (_, path) => {
  const shell = new PageShell();
  afterAll(() => shell.close());

  it.each(readExamples(readFileSync(path, "utf8")))("line $line: $command", ({ command, output }) => {
    expect(shell.run(command)).toBe(output);
  });
});
