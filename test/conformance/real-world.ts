/**
 * `npm run conformance:real-world [-- FILE...]`: rulesets that people published (../shared/conformance/real-world). Each is
 * loaded as the real iptables-restore loaded it, or refused in its words; what loads is saved as the real tool saved it,
 * and takes packets of every kind. Exit code 1 when one differs.
 */
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Emulator, parseNode } from "../../src/index.ts";
import { readState } from "../../src/report/state.ts";
import { ToolSession } from "../../src/tools/session.ts";
import { Plan } from "../kernel-diff/plan.ts";
import { Random } from "../kernel-diff/random.ts";
import { variedTraffic } from "../kernel-diff/traffic/varied.ts";

const FOLDER = "../shared/conformance/real-world";
const PACKETS = 400;

/** A line of index.jsonl: what the real tool made of the file, with `-c` and the sets (hash:net) that it names. */
interface Entry {
  readonly file: string;
  readonly family: "ipv4" | "ipv6";
  readonly load_exit: number;
  readonly load_stderr: string;
  readonly sets: readonly string[];
}

const wanted = process.argv.slice(2);
const index = readFileSync(join(FOLDER, "index.jsonl"), "utf8").trim().split("\n");
const entries = index.map((line) => JSON.parse(line) as Entry);
const counts = { loaded: 0, refused: 0, differing: 0, packets: 0, leftOut: 0 };
for (const entry of entries.filter(({ file }) => wanted.length === 0 || wanted.includes(file))) {
  const complaint = await check(entry);
  if (complaint === undefined) continue;
  counts.differing++;
  console.log(`${entry.file}: ${complaint}`);
}
const all = counts.loaded + counts.refused + counts.differing;
console.log(
  `${all - counts.differing} of ${all} rulesets: ${counts.loaded} load and are saved as by the real tool, ${counts.refused} are ` +
    `refused for its reason; ${counts.packets} packets went through those that load, ${counts.leftOut} rules left out as not emulated`,
);
process.exitCode = counts.differing === 0 ? 0 : 1;

/** @returns what differs. */
async function check(entry: Entry): Promise<string | undefined> {
  const text = readFileSync(join(FOLDER, entry.file), "utf8");
  const tool = entry.family === "ipv4" ? "iptables" : "ip6tables";
  const session = new ToolSession();
  for (const set of entry.sets) await session.runLine(createSet(set, entry));
  const loaded = await session.run({ argv: [`${tool}-restore`, "-c"], stdin: text });
  if (loaded.exit !== entry.load_exit || withoutBlankLines(loaded.stderr) !== withoutBlankLines(entry.load_stderr)) {
    return `exit ${loaded.exit} (expected ${entry.load_exit}): ${loaded.stderr.trim()}\n  expected: ${entry.load_stderr}`;
  }
  if (loaded.exit !== 0) {
    counts.refused++;
    return undefined;
  }
  const saved = await session.run({ argv: [`${tool}-save`, "-c"] });
  const difference = firstDifference(canonicalOf(entry.file), tablesOf(saved.stdout));
  if (difference !== undefined) return difference;
  await runPackets(entry, tool, text);
  counts.loaded++;
  return undefined;
}

function withoutBlankLines(text: string): string {
  return text.replace(/\n+/g, "\n").trim();
}

function createSet(name: string, { family }: Entry): string {
  return `ipset create ${name} hash:net family ${family === "ipv4" ? "inet" : "inet6"}`;
}

function canonicalOf(file: string): string[] {
  const name = file.replace(/\.save$/, ".canonical");
  return readdirSync(FOLDER).includes(name) ? tablesOf(readFileSync(join(FOLDER, name), "utf8")) : [];
}

/** The tables of a saved file, each without its comments, in the order of their names: the kernel's own is that of loading. */
function tablesOf(text: string): string[] {
  const lines = text.split("\n").filter((line) => !line.startsWith("#"));
  return lines
    .join("\n")
    .split(/(?<=^COMMIT\n)/m)
    .filter((table) => table.trim() !== "")
    .sort();
}

function firstDifference(expected: readonly string[], actual: readonly string[]): string | undefined {
  const want = expected.join("").split("\n");
  const got = actual.join("").split("\n");
  const at = want.findIndex((line, i) => line !== got[i]);
  if (at < 0 && want.length === got.length) return undefined;
  return `saved differently:\n  expected: ${want[at]}\n  got:      ${got[at]}`;
}

/** Sends packets through a node that has the ruleset: none may end in an error. */
async function runPackets(entry: Entry, tool: string, text: string): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), "real-world-"));
  try {
    const plan = new Plan(new Random(1), entry.family === "ipv6");
    plan.forgetMarks();
    variedTraffic(plan, PACKETS);
    plan.write(folder, "real-world");
    const files = new Map(
      ["addr.json", "neigh.json"].map((name) => [name, new Uint8Array(readFileSync(join(folder, name)))]),
    );
    const encoder = new TextEncoder();
    files.set(`${tool}.save`, encoder.encode(text));
    files.set("sysctl.txt", encoder.encode("net.ipv4.ip_forward=1\nnet.ipv6.conf.all.forwarding=1\n"));
    const sets = entry.sets.map((set) => createSet(set, entry).replace("ipset ", ""));
    files.set("ipset.save", encoder.encode(`${sets.join("\n")}\n`));
    const node = parseNode(files, { ignoreUnsupported: true });
    const emulator = await Emulator.create(node, { ignoreUnsupported: true });
    counts.leftOut += emulator.ignored.length;
    for (const step of JSON.parse(readFileSync(join(folder, "in.plan.json"), "utf8")) as {
      if: string;
      hex: string;
    }[]) {
      emulator.send(new Uint8Array(Buffer.from(step.hex, "hex")), step.if);
      counts.packets++;
    }
    emulator.finish();
    readState(emulator);
  } finally {
    rmSync(folder, { recursive: true });
  }
}
