import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import type { Locator, Page } from "playwright-core";
import { afterAll, beforeAll, beforeEach, expect } from "vitest";
import { type ServedPage, servePage } from "../../src/node/serve.ts";
import { launchChromium } from "../browser/chromium.ts";

export const FIREWALL = fileURLToPath(new URL("../../examples/broken-firewall/", import.meta.url));

/** What tests of the page use: the page served, open in a real browser, anew for each test. */
export interface OpenPage {
  readonly page: Page;
  readonly address: string;
  /** Addresses that the page asked for. */
  readonly requested: readonly string[];
  openExample(name: string, more?: string): Promise<void>;
  /** Chooses files as a person would in the dialogue. */
  choose(files: Parameters<Locator["setInputFiles"]>[0]): Promise<void>;
  view(name: string): Promise<void>;
  /** A row of the packet list, from 1. */
  row(number: number): Locator;
}

/** Serves the page for a file of tests; no test may leave an error of the page behind. */
export function withPage(): OpenPage {
  let served: ServedPage;
  let browser: Awaited<ReturnType<typeof launchChromium>>;
  let page: Page;
  let requested: string[];
  let errors: string[];

  beforeAll(async () => {
    served = await servePage(0);
    browser = await launchChromium();
  });

  afterAll(async () => {
    await browser?.close();
    served?.server.close();
    served?.server.closeAllConnections();
  });

  beforeEach(async () => {
    page = await browser.context.newPage();
    requested = [];
    errors = [];
    page.on("request", (request) => requested.push(request.url()));
    page.on("pageerror", ({ message }) => errors.push(message));
    page.setDefaultTimeout(15_000);
    await page.setViewportSize({ width: 1280, height: 800 });
    return async () => {
      expect(errors).toEqual([]);
      await page.close();
    };
  });

  return {
    get page() {
      return page;
    },
    get address() {
      return served.address;
    },
    get requested() {
      return requested;
    },
    async openExample(name, more = "") {
      await page.goto(`${served.address}#example=${name}${more}`);
      await page.getByRole("navigation").waitFor();
      if (!/view=(?:ask|compare)/.test(more)) await page.locator(".row .fate").nth(2).waitFor();
    },
    choose: (files) => page.locator("input[type=file]").first().setInputFiles(files),
    view: (name) => page.getByRole("navigation").getByRole("button", { name, exact: true }).click(),
    row: (number) =>
      page
        .getByRole("listbox", { name: "Packets" })
        .getByRole("option")
        .nth(number - 1),
  };
}

/** The files of the broken firewall, its capture among them. */
export function firewallFiles(): { name: string; mimeType: string; buffer: Buffer }[] {
  return readdirSync(FIREWALL).map((name) => ({
    name,
    mimeType: "application/octet-stream",
    buffer: readFileSync(`${FIREWALL}${name}`),
  }));
}
