import { spawnSync } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { docPages } from "./pages.ts";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));
const site = mkdtempSync(join(tmpdir(), "hookwalk-site-"));
let built: { readonly status: number | null; readonly output: string };

beforeAll(() => {
  const command = [join(ROOT, "node_modules/typedoc/bin/typedoc"), "--out", site];
  const { status, stdout, stderr } = spawnSync(process.execPath, command, { cwd: ROOT, encoding: "utf8" });
  built = { status, output: stdout + stderr };
}, 180_000);

afterAll(() => rmSync(site, { recursive: true, force: true }));

function filesOfSite(): string[] {
  return readdirSync(site, { recursive: true, encoding: "utf8" }).filter((name) => name.endsWith(".html"));
}

/** The site of pages and reference, as `npm run docs:api` makes it. */
describe("the site", () => {
  it("is made without a warning: every exported name is described, every link leads somewhere", () => {
    expect(built.output).not.toMatch(/warning|error/i);
    expect(built.status).toBe(0);
  });

  it("has all pages of docs/, and what each entry of the package exports", () => {
    const { projectDocuments } = JSON.parse(readFileSync(join(ROOT, "typedoc.json"), "utf8"));
    const wanted = [...docPages().keys()].filter((name) => name !== "README.md").map((name) => `docs/${name}`);
    expect(projectDocuments).toEqual(expect.arrayContaining(wanted));
    expect(readdirSync(join(site, "documents"))).toHaveLength(projectDocuments.length);
    expect(readdirSync(join(site, "modules"))).toEqual(["hookwalk.html", "hookwalk_node.html", "hookwalk_replay.html"]);
  });

  it("asks nobody else for anything", () => {
    for (const name of filesOfSite()) {
      const page = readFileSync(join(site, name), "utf8");
      expect([name, page.match(/(?:src|<link [^>]*href)="https?:[^"]*"/g)]).toEqual([name, null]);
    }
  });
});
