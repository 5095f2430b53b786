/** `npm run bench:browser`: row W11, the core in real browsers beside Node, by wall time of the same minute. */
import { spawn, spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "vite";
import { roundsOf } from "./browser-rounds.ts";
import type { Measurement } from "./measure.ts";

/** A browser that ends by itself when told where to go and killed when the page has answered. */
interface Browser {
  readonly command: string;
  arguments(profile: string): string[];
}

const BROWSERS: readonly Browser[] = [
  {
    command: "chromium",
    arguments: (profile) => [
      "--headless",
      "--no-sandbox",
      "--disable-gpu",
      "--no-first-run",
      `--user-data-dir=${profile}`,
    ],
  },
  { command: "firefox-esr", arguments: (profile) => ["--headless", "--no-remote", "--profile", profile] },
];
const LIMIT = 1.1;
const PATIENCE_MS = 120_000;

const scripts = await bundle();
console.log(
  "| browser | workload | ns a packet | Node | browser / Node | target | |\n| --- | --- | --- | --- | --- | --- | --- |",
);
for (const browser of BROWSERS) {
  if (spawnSync(browser.command, ["--version"], { stdio: "ignore" }).status !== 0) {
    console.log(`not run: ${browser.command} is not installed`);
    continue;
  }
  // Node's rounds of the same minute, before and after.
  const before = await roundsOf();
  const measured = await runIn(browser);
  const after = await roundsOf();
  const node = before.map(({ median }, i) => (median + after[i]!.median) / 2);
  print(browser.command, measured, node);
}

function print(name: string, measurements: readonly Measurement[], node: readonly number[]): void {
  for (const [i, { name: workload, median }] of measurements.entries()) {
    const ratio = median / node[i]!;
    const verdict = ratio <= LIMIT ? "passes" : "falls short";
    const cells = [name, workload, median.toFixed(1), node[i]!.toFixed(1), ratio.toFixed(2), `≤ ${LIMIT}`, verdict];
    console.log(`| ${cells.join(" | ")} |`);
  }
}

/** The page's scripts by name: the page itself, and the core, which is loaded when it is needed. */
async function bundle(): Promise<Map<string, string>> {
  const entry = fileURLToPath(new URL("browser-page.ts", import.meta.url));
  const built = await build({
    configFile: false,
    logLevel: "error",
    build: { write: false, target: "esnext", minify: false, lib: { entry, formats: ["es"], fileName: "page" } },
  });
  const [{ output }] = built as { output: { fileName: string; code: string }[] }[];
  return new Map(output.map(({ fileName, code }) => [fileName, code]));
}

async function runIn(browser: Browser): Promise<Measurement[]> {
  const profile = mkdtempSync(join(tmpdir(), "hookwalk-bench-"));
  let answered: (text: string) => void;
  const answer = new Promise<string>((resolve) => {
    answered = resolve;
  });
  const server = createServer(async (request, response) => {
    if (request.method === "POST") {
      let body = "";
      for await (const piece of request) body += piece;
      answered(body);
    }
    const script = scripts.get(request.url!.slice(1));
    response.setHeader("content-type", script === undefined ? "text/html" : "text/javascript");
    response.end(script ?? '<!doctype html><script type="module" src="/page.js"></script>');
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
  const child = spawn(browser.command, [...browser.arguments(profile), url], { stdio: "ignore" });
  const timer = setTimeout(() => answered('{"error":"no answer"}'), PATIENCE_MS);
  try {
    const result = JSON.parse(await answer) as Measurement[] | { error: string };
    if (!Array.isArray(result)) throw new Error(`${browser.command}: ${result.error}`);
    return result;
  } finally {
    clearTimeout(timer);
    child.kill();
    await new Promise((resolve) => child.once("exit", resolve));
    server.close();
    server.closeAllConnections();
    rmSync(profile, { recursive: true, force: true, maxRetries: 20 });
  }
}
