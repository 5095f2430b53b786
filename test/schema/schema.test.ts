import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { Ajv, type AnySchema } from "ajv";
import { afterAll, describe, expect, it } from "vitest";
import { schemaTexts } from "../../scripts/schemas.ts";
import { parseNode } from "../../src/index.ts";
import { explainReplay } from "../../src/trace/explain-packets.ts";
import { readGroup } from "../conformance/corpus.ts";
import { hookwalk, hookwalkWithInput } from "../support/command.ts";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));
const SCHEMAS = join(ROOT, "schema");
const names = readdirSync(SCHEMAS).sort();

const ajv = new Ajv({ allErrors: true, strict: true, allowUnionTypes: true });
const validators = new Map(names.map((name) => [name, ajv.compile(JSON.parse(schemaText(name)) as AnySchema)]));

const SCENARIOS = ["ipvs/seed-example", "kube/cluster-ip-iptables", "kube/cluster-ip-ipvs", "nat/snat-masquerade"].map(
  (id) => join(ROOT, "test/conformance/corpus/unpacked", id),
);
const NODES = [...SCENARIOS, join(ROOT, "examples/broken-firewall")];
const [, IPTABLES, IPVS] = NODES as [string, string, string];
const folder = mkdtempSync(join(tmpdir(), "hookwalk-schema-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function schemaText(name: string): string {
  return readFileSync(join(SCHEMAS, name), "utf8");
}

/** What the schema does not allow in the document. */
function faults(schema: string, document: unknown): string[] {
  const validate = validators.get(`${schema}.schema.json`)!;
  return validate(document) ? [] : validate.errors!.map(({ instancePath, message }) => `${instancePath} ${message}`);
}

function faultsOfLines(schema: string, text: string): string[] {
  const lines = text.trimEnd().split("\n");
  return [...new Set(lines.flatMap((line) => faults(schema, JSON.parse(line))))];
}

async function printed(...args: readonly string[]): Promise<string> {
  return (await hookwalk(args)).stdout;
}

describe("the schemas", () => {
  it("are made from the types of what is printed (npm run schemas)", () => {
    const texts = schemaTexts();
    expect([...texts.keys()].sort()).toEqual(names);
    for (const [name, text] of texts) expect(schemaText(name)).toBe(text);
  });

  it("refuse a field that they do not have, and another version", async () => {
    const report = JSON.parse(await printed("replay", IPVS, join(IPVS, "in.pcapng"), "--json"));
    expect(faults("report", { ...report, more: 1 })).toEqual([" must NOT have additional properties"]);
    expect(faults("report", { ...report, version: 0 })).toEqual(["/version must be equal to constant"]);
  });

  it("are all described in docs/json.md", () => {
    const page = readFileSync(join(ROOT, "docs/json.md"), "utf8");
    for (const name of names) expect(page).toContain(name);
  });
});

describe.each(NODES)("what is printed about %s", (node) => {
  const capture = join(node, "in.pcapng");

  it("is as its schema says: report, verdicts, verification", async () => {
    expect(faults("report", JSON.parse(await printed("replay", node, capture, "--json")))).toEqual([]);
    expect(faultsOfLines("verdict", await printed("replay", node, capture, "--ndjson"))).toEqual([]);
    expect(faults("verify", JSON.parse(await printed("replay", node, capture, "--verify", "--json")))).toEqual([]);
  });

  it("is as its schema says: files of results and tables", async () => {
    const rows = join(folder, "rows.ndjson");
    await printed("replay", node, capture, "--results", folder, "--table", rows);
    expect(faults("results", JSON.parse(readFileSync(join(folder, "verdicts.json"), "utf8")))).toEqual([]);
    expect(faultsOfLines("packet-row", readFileSync(rows, "utf8"))).toEqual([]);
    expect(faultsOfLines("flow-row", readFileSync(join(folder, "rows.flows.ndjson"), "utf8"))).toEqual([]);
  });

  it("is as its schema says: explanations", async () => {
    const explanations = JSON.parse(await printed("explain", node, capture, "--packet", "1", "--json"));
    expect(faults("explain", explanations)).toEqual([]);
  });
});

describe("a schema", () => {
  it("has what the command says of two nodes", async () => {
    const args = ["compare", IPTABLES, IPVS, join(IPVS, "in.pcapng"), "--json"];
    for (const more of [[], ["--same-endpoints"]]) {
      expect(faults("compare", JSON.parse(await printed(...args, ...more)))).toEqual([]);
    }
  });

  it("has what the command says of a rule that did not match, and of a packet in words", async () => {
    const node = join(ROOT, "examples/broken-firewall");
    const explain = ["explain", node, "tcp 10.0.0.9:40000 > 10.1.0.9:443 S", "--json"];
    for (const more of [[], ["--why-not", "filter:FORWARD:1"], ["--why-not", "filter:WEB:2"]]) {
      const [explanation] = JSON.parse(await printed(...explain, ...more)) as { whyNot?: unknown }[];
      expect(explanation!.whyNot === undefined).toBe(more.length === 0);
      expect(faults("explain", [explanation])).toEqual([]);
    }
  });

  it("has what the command answers to questions: accepted, refused, sessions, and no question at all", () => {
    const rule = { kind: "rule", family: "ipv4", table: "filter", chain: "INPUT" };
    const questions = [
      { ...rule, rule: "-s 10.0.0.0/8 -j ACCEPT" },
      { ...rule, rule: "-j NOWHERE" },
      { kind: "session", steps: [{ argv: ["iptables", "-S"] }, { argv: ["ipset", "list", "none"] }] },
    ];
    const input = `${questions.map((question) => JSON.stringify(question)).join("\n")}\nnothing\n`;
    const { stdout } = hookwalkWithInput(["lint", "--jsonl"], input);
    expect(stdout.trimEnd().split("\n")).toHaveLength(4);
    expect(faultsOfLines("answer", stdout)).toEqual([]);
  });

  it.each(["helpers", "ipvs"])("has all steps of all packets in the recordings of %s", async (group) => {
    for (const { id, node: files } of readGroup(group)) {
      const node = parseNode(files, { ignoreUnsupported: true });
      const explanations = await explainReplay(node, files.get("in.pcapng")!, {}, () => true);
      expect([id, faults("explain", JSON.parse(JSON.stringify(explanations)))]).toEqual([id, []]);
    }
  });
});
