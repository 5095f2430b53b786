import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import axe from "axe-core";
import { describe, expect, it } from "vitest";
import { withPage } from "./open-page.ts";

const DIST = fileURLToPath(new URL("../../dist/web/", import.meta.url));
const MOST_INITIAL_BYTES = 300 * 1000;
const open = withPage();

describe("the page itself", () => {
  it.each(["light", "dark"] as const)("has no serious accessibility finding in any view (%s)", async (colorScheme) => {
    await open.page.emulateMedia({ colorScheme });
    const found: string[] = [];
    const look = async (where: string) => {
      await open.page.evaluate(axe.source);
      const { violations } = await open.page.evaluate(() => (globalThis as unknown as { axe: typeof axe }).axe.run());
      const serious = violations.filter(({ impact }) => impact === "serious" || impact === "critical");
      found.push(...serious.map(({ id, nodes }) => `${where}: ${id}: ${nodes[0]!.html}`));
    };
    await open.page.goto(open.address);
    await look("start");
    await open.openExample("broken-firewall", "&packet=4");
    await open.page.getByRole("heading", { name: "Packet 4: dropped" }).waitFor();
    await look("Packets");
    for (const name of ["Tables over time", "Paths", "Ask", "Edit", "Compare", "Bench"]) {
      await open.view(name);
      await look(name);
    }
    expect(found).toEqual([]);
  });

  it("can be read on a phone", async () => {
    await open.page.setViewportSize({ width: 390, height: 844 });
    await open.openExample("broken-firewall", "&packet=4");
    await open.page.getByRole("heading", { name: "Packet 4: dropped" }).waitFor();
    expect(await open.page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(390);
  });

  it("loads under 300 KB gzipped, the core included, until an example is open", async () => {
    await open.openExample("broken-firewall");
    const paths = open.requested.map((url) => new URL(url).pathname).filter((path) => !path.startsWith("/examples/"));
    const files = [...new Set(paths)].filter((path) => path !== "/");
    expect(files.length).toBeGreaterThan(3);
    const bytes = ["/index.html", ...files].reduce(
      (sum, path) => sum + gzipSync(readFileSync(`${DIST}${path}`)).length,
      0,
    );
    expect(bytes).toBeLessThan(MOST_INITIAL_BYTES);
  });
});
