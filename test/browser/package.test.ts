import { createHash } from "node:crypto";
import type { Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type RecordedScenario, selectScenarios } from "../conformance/corpus.ts";
import { runScenario } from "../conformance/outcome.ts";
import { launchChromium } from "./chromium.ts";
import { PageServer } from "./page-server.ts";

/** Hashes of result files by name, or the message of the error that ended the replay. */
type Digest = Record<string, string> | string;

declare global {
  /** What test/browser/page.js offers. */
  var page: {
    readonly exports: readonly string[];
    replayAll(ids: readonly string[]): Promise<Record<string, Digest>>;
    streamCore(id: string): Promise<string[]>;
  };
}

/** Groups whose every scenario runs in the browser too. */
const GROUPS = ["kube"];

describe("the built package in Chromium", () => {
  const scenarios = selectScenarios(GROUPS);
  const server = new PageServer();
  let browser: Awaited<ReturnType<typeof launchChromium>>;
  let page: Page;

  beforeAll(async () => {
    for (const scenario of scenarios) server.documents.set(`/scenarios/${scenario.id}`, nodeAsJson(scenario));
    const address = await server.start();
    browser = await launchChromium();
    page = await browser.context.newPage();
    await page.goto(address);
    await page.waitForFunction(() => globalThis.page !== undefined);
  });

  afterAll(async () => {
    await browser?.close();
    server.stop();
  });

  it("is the library itself, without a bundler", async () => {
    const names = await page.evaluate(() => globalThis.page.exports);
    expect(names).toEqual(Object.keys(await import("../../src/index.ts")).sort());
  });

  it.each(GROUPS)("gives byte for byte what Node gives, for every recorded scenario of %s", async (group) => {
    const ofGroup = scenarios.filter((scenario) => scenario.group === group);
    const ids = ofGroup.map(({ id }) => id);
    const inBrowser = await page.evaluate((wanted) => globalThis.page.replayAll(wanted), ids);
    const inNode: Record<string, Digest> = {};
    for (const scenario of ofGroup) inNode[scenario.id] = await digestInNode(scenario);
    expect(inBrowser).toEqual(inNode);
    const replayed = Object.values(inBrowser).filter((digest) => typeof digest !== "string");
    expect(replayed.length).toBeGreaterThan(ids.length / 2);
  });

  it("takes a core that was compiled while it came over the network", async () => {
    const names = await page.evaluate(() => globalThis.page.streamCore("kube/cluster-ip-ipvs"));
    expect(names).toEqual(expect.arrayContaining(["lo", "eth0", "eth1"]));
  });
});

function nodeAsJson({ node }: RecordedScenario): string {
  return JSON.stringify(
    Object.fromEntries([...node].map(([name, bytes]) => [name, Buffer.from(bytes).toString("base64")])),
  );
}

async function digestInNode(scenario: RecordedScenario): Promise<Digest> {
  const { results, differences } = await runScenario(scenario);
  if (!results) return differences[0]!.text.split("\n", 1)[0]!.replace(/^(refused|failed): /, "");
  const sha256 = (bytes: Uint8Array) => createHash("sha256").update(bytes).digest("hex");
  return Object.fromEntries([...results].map(([name, bytes]) => [name, sha256(bytes)]));
}
