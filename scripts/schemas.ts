import { type Config, createGenerator } from "ts-json-schema-generator";
import { COMPARISON_VERSION } from "../src/compare/comparison.ts";
import { REPORT_VERSION } from "../src/report/summary.ts";
import { VERDICT_VERSION } from "../src/report/verdicts.ts";
import { type Column, FLOW_COLUMNS, PACKET_COLUMNS, TABLE_VERSION } from "../src/table/columns.ts";
import { ANSWER_VERSION } from "../src/tools/record.ts";
import { EXPLANATION_VERSION } from "../src/trace/explain-packets.ts";
import { VERIFICATION_VERSION } from "../src/verify/verification.ts";

/** A document that the command prints: its type, and what prints it. */
interface PrintedDocument {
  readonly name: string;
  readonly type: string;
  readonly version: number;
  readonly title: string;
}

const DOCUMENTS: readonly PrintedDocument[] = [
  { name: "report", type: "Report", version: REPORT_VERSION, title: "hookwalk replay --json" },
  { name: "verdict", type: "VerdictLine", version: VERDICT_VERSION, title: "a line of hookwalk replay --ndjson" },
  { name: "explain", type: "Explanations", version: EXPLANATION_VERSION, title: "hookwalk explain --json" },
  { name: "compare", type: "Comparison", version: COMPARISON_VERSION, title: "hookwalk compare --json" },
  { name: "verify", type: "Verification", version: VERIFICATION_VERSION, title: "hookwalk replay --verify --json" },
  { name: "answer", type: "AnswerLine", version: ANSWER_VERSION, title: "a line of hookwalk lint --jsonl" },
  { name: "results", type: "ResultVerdicts", version: 1, title: "verdicts.json of hookwalk replay --results" },
];

const TABLES = [
  { name: "packet-row", columns: PACKET_COLUMNS, title: "a line of hookwalk replay --table FILE.ndjson" },
  { name: "flow-row", columns: FLOW_COLUMNS, title: "a line of the flows beside hookwalk replay --table FILE.ndjson" },
] as const;

const DRAFT = "http://json-schema.org/draft-07/schema#";

const OPTIONS: Config = {
  path: "src/index.ts",
  tsconfig: "tsconfig.json",
  topRef: false,
  additionalProperties: false,
  skipTypeCheck: true,
};

/** The JSON Schemas of all that the command prints as JSON, by file name: made from the types of what is printed. */
export function schemaTexts(): Map<string, string> {
  const generator = createGenerator(OPTIONS);
  const schemas = [
    ...DOCUMENTS.map((document) => ({ ...document, schema: generator.createSchema(document.type) })),
    ...TABLES.map((table) => ({ ...table, version: TABLE_VERSION, schema: rowSchema(table.columns) })),
  ];
  return new Map(
    schemas.map(({ name, version, title, schema }) => {
      const head = { $schema: DRAFT, $id: `urn:hookwalk:${name}:${version}`, title };
      return [`${name}.schema.json`, `${JSON.stringify({ ...head, ...schema }, undefined, 2)}\n`];
    }),
  );
}

function rowSchema(columns: readonly Column[]) {
  const entries = columns.map(({ name, type, about }) => [
    name,
    { ...JSON_TYPES[type], description: about || undefined },
  ]);
  return {
    type: "object",
    properties: { version: { type: "number", const: TABLE_VERSION }, ...Object.fromEntries(entries) },
    required: ["version", columns[0]!.name],
    additionalProperties: false,
  };
}

const JSON_TYPES: Readonly<Record<Column["type"], object>> = {
  integer: { type: "integer" },
  text: { type: "string" },
  boolean: { type: "boolean" },
  time: { type: "string", pattern: "^\\d{4}-\\d{2}-\\d{2}T\\d{2}:\\d{2}:\\d{2}\\.\\d{9}Z$" },
};
