import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { generateCapture } from "../../src/index.ts";
import { summary } from "../measure.ts";
import { generatedNode } from "../network.ts";
import type { Row } from "../row.ts";

const PACKETS = 1_000;
const ROUNDS = 9;
/** The entry that only replays, and the whole library. */
const ENTRIES = ["replay.js", "index.js"].map((name) =>
  fileURLToPath(new URL(`../../dist/src/${name}`, import.meta.url)),
);

/** In a running process: import the package, load a small node, first verdict; then a thousand packets. Wall time. */
const SCRIPT = `
import { readFileSync } from "node:fs";
const [library, capture, node] = process.argv.slice(2);
const bytes = new Uint8Array(readFileSync(capture));
const files = new Map(Object.entries(JSON.parse(readFileSync(node, "utf8"))).map(([name, text]) => [name, new TextEncoder().encode(text)]));
const start = performance.now();
const { parseNode, replay } = await import(library);
let first = 0;
await replay(parseNode(files), bytes, { observe: () => [{ ending: () => { if (first === 0) first = performance.now(); } }] });
console.log(JSON.stringify([first - start, performance.now() - start]));
`;

/** W13: from nothing to the end of a short capture. Needs the built package (npm run build). */
export const COLD: readonly Row[] = [
  {
    id: "W13",
    name: "import, load, 1,000 packets (wall time)",
    async run() {
      const folder = mkdtempSync(join(tmpdir(), "hookwalk-bench-"));
      try {
        const [capture, node, script] = ["in.pcapng", "node.json", "cold.mjs"].map((name) => join(folder, name));
        writeFileSync(capture!, Buffer.concat([...generateCapture({ packets: PACKETS, size: 64 })]));
        const decoder = new TextDecoder();
        const texts = [...generatedNode()].map(([name, bytes]) => [name, decoder.decode(bytes)]);
        writeFileSync(node!, JSON.stringify(Object.fromEntries(texts)));
        writeFileSync(script!, SCRIPT);
        const rounds = Array.from({ length: ROUNDS }, () =>
          ENTRIES.map((entry) => once(script!, [entry, capture!, node!])),
        );
        const all = summary(
          "hookwalk/replay",
          rounds.map(([replay]) => replay![1]),
        );
        const first = summary(
          "first verdict",
          rounds.map(([replay]) => replay![0]),
        );
        const whole = summary(
          "hookwalk",
          rounds.map(([, index]) => index![1]),
        );
        return {
          unit: "ms",
          measurements: [all, first, whole],
          comparisons: [
            { what: "ms to the first verdict", value: first.median, limit: 15 },
            { what: "ms all in", value: all.median, limit: 25 },
          ],
        };
      } finally {
        rmSync(folder, { recursive: true, force: true });
      }
    },
  },
];

function once(script: string, args: readonly string[]): [first: number, total: number] {
  return JSON.parse(execFileSync(process.execPath, [script, ...args], { encoding: "utf8" }));
}
