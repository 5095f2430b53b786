import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import axe from "axe-core";
import { describe, expect, it } from "vitest";
import { withPage } from "./open-page.ts";

const DIST = fileURLToPath(new URL("../../dist/web/", import.meta.url));
const MOST_INITIAL_BYTES = 300 * 1000;
/** Cumulative layout shift that counts as good (web.dev/cls) is five times as much. */
const MOST_SHIFT = 0.02;
const VIEWS = ["Tables over time", "Paths", "Ask", "Edit", "Compare", "Bench"];
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
    for (const name of VIEWS) {
      await open.view(name);
      await look(name);
    }
    expect(found).toEqual([]);
  });

  it("can be read on a phone in every view: nothing makes the page wider than it", async () => {
    const width = 390;
    await open.page.setViewportSize({ width, height: 844 });
    await open.openExample("cluster-iptables", "&packet=4");
    await open.page.getByRole("heading", { name: "Packet 4: sent" }).waitFor();
    const tooWide = () => open.page.evaluate(() => document.documentElement.scrollWidth);
    expect(["Packets", await tooWide()]).toEqual(["Packets", width]);
    for (const name of VIEWS) {
      await open.view(name);
      expect([name, await tooWide()]).toEqual([name, width]);
    }
    await open.view("Compare");
    await open.page.getByRole("button", { name: "The same Services in IPVS mode" }).click();
    await open.page.locator(".chart").first().waitFor();
    expect(await tooWide()).toBe(width);
  });

  it("does not jump about while an example opens and packets are chosen", async () => {
    await open.page.goto(open.address);
    await open.page.evaluate(() => {
      const shifts: number[] = [];
      Object.assign(globalThis, { shifts });
      type Shift = PerformanceEntry & { readonly value: number; readonly hadRecentInput: boolean };
      const noted = (list: PerformanceObserverEntryList) =>
        shifts.push(...(list.getEntries() as Shift[]).map((shift) => (shift.hadRecentInput ? 0 : shift.value)));
      new PerformanceObserver(noted).observe({ type: "layout-shift" });
    });
    await open.page.getByRole("button", { name: "A broken firewall" }).click();
    await open.page.getByRole("heading", { name: "Packet 1: sent" }).waitFor();
    // What a click changes is below these.
    const still = [open.page.getByRole("listbox", { name: "Packets" }), open.page.locator(".detail svg").first()];
    const places = () => Promise.all(still.map((element) => element.boundingBox()));
    const before = await places();
    for (const number of [4, 5, 9]) {
      await open.row(number).click();
      await open.page.getByRole("heading", { name: `Packet ${number}:` }).waitFor();
      expect(await places()).toEqual(before);
    }
    const shifts = await open.page.evaluate(() => (globalThis as unknown as { shifts: number[] }).shifts);
    expect(shifts.reduce((sum, shift) => sum + shift, 0)).toBeLessThan(MOST_SHIFT);
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
