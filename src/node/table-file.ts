import { fileWriter, ParquetWriter } from "hyparquet-writer";
import { type Column, type Row, TABLE_VERSION } from "../table/columns.ts";
import { FileWriter } from "./results.ts";

/** Rows of a row group: so many are held in memory. */
const GROUP_ROWS = 100_000;
/** Text of NDJSON that is collected before it is written. */
const PIECE_CHARACTERS = 256 * 1024;
/** Where a Parquet file says which version of the rows it has; NDJSON says it in each line. */
const VERSION_KEY = "hookwalk.version";
const NS_PER_SECOND = 1_000_000_000n;

type SchemaElement = ConstructorParameters<typeof ParquetWriter>[0]["schema"][number];
type Value = string | number | bigint | boolean | undefined;

/** A file of rows. */
export interface TableFile<C extends readonly Column[]> {
  /** Adds a row; it may be written later. */
  add(row: Row<C>): void;
  /** Writes what still waits; the file is whole only then. */
  close(): void;
}

/**
 * Opens a file for rows: Parquet, or NDJSON where the name ends with `.ndjson` or `.jsonl`.
 *
 * @throws Error (with Node's `code`) when the file cannot be written.
 */
export function openTable<C extends readonly Column[]>(path: string, columns: C): TableFile<C> {
  return /\.(?:ndjson|jsonl)$/.test(path) ? new NdjsonFile(path, columns) : new ParquetFile(path, columns);
}

class NdjsonFile<C extends readonly Column[]> implements TableFile<C> {
  readonly #file: FileWriter;
  readonly #columns: readonly Column[];
  #text = "";

  constructor(path: string, columns: C) {
    this.#file = new FileWriter(path);
    this.#columns = columns;
  }

  add(row: Row<C>): void {
    const values = row as Readonly<Record<string, Value>>;
    const entries = this.#columns.map(({ name, type }) => {
      const value = values[name];
      return [name, type === "time" && value !== undefined ? timeText(value as bigint) : value];
    });
    this.#text += `${JSON.stringify({ version: TABLE_VERSION, ...Object.fromEntries(entries) })}\n`;
    if (this.#text.length > PIECE_CHARACTERS) this.#flush();
  }

  close(): void {
    this.#flush();
    this.#file.close();
  }

  #flush(): void {
    this.#file.write(this.#text);
    this.#text = "";
  }
}

/** `2025-01-01T00:00:00.000000001Z`: a number could not hold the nanoseconds. */
function timeText(ns: bigint): string {
  const seconds = new Date(Number(ns / NS_PER_SECOND) * 1000).toISOString().slice(0, -"000Z".length);
  return `${seconds}${String(ns % NS_PER_SECOND).padStart(9, "0")}Z`;
}

class ParquetFile<C extends readonly Column[]> implements TableFile<C> {
  readonly #writer: ParquetWriter;
  readonly #columns: readonly { readonly name: string; values: (Exclude<Value, undefined> | null)[] }[];
  readonly #isLong: readonly boolean[];
  #rows = 0;

  constructor(path: string, columns: C) {
    const kvMetadata = [{ key: VERSION_KEY, value: String(TABLE_VERSION) }];
    this.#writer = new ParquetWriter({ writer: fileWriter(path), schema: schemaOf(columns), kvMetadata });
    this.#columns = columns.map(({ name }) => ({ name, values: [] }));
    this.#isLong = columns.map(({ type }) => type === "integer");
  }

  add(row: Row<C>): void {
    const values = row as Readonly<Record<string, Value>>;
    for (const [i, column] of this.#columns.entries()) {
      const value = values[column.name] ?? null;
      column.values.push(this.#isLong[i] && typeof value === "number" ? BigInt(value) : value);
    }
    if (++this.#rows === GROUP_ROWS) this.#writeGroup();
  }

  close(): void {
    if (this.#rows > 0) this.#writeGroup();
    this.#writer.finish();
  }

  #writeGroup(): void {
    const columnData = this.#columns.map(({ name, values }) => ({ name, data: values }));
    this.#writer.write({ columnData, rowGroupSize: GROUP_ROWS });
    for (const column of this.#columns) column.values = [];
    this.#rows = 0;
  }
}

const ELEMENTS: Readonly<Record<Column["type"], Omit<SchemaElement, "name">>> = {
  integer: { type: "INT64", repetition_type: "OPTIONAL" },
  text: { type: "BYTE_ARRAY", converted_type: "UTF8", repetition_type: "OPTIONAL" },
  boolean: { type: "BOOLEAN", repetition_type: "OPTIONAL" },
  time: {
    type: "INT64",
    logical_type: { type: "TIMESTAMP", isAdjustedToUTC: false, unit: "NANOS" },
    repetition_type: "OPTIONAL",
  },
};

function schemaOf(columns: readonly Column[]): SchemaElement[] {
  const elements = columns.map(({ name, type }) => ({ name, ...ELEMENTS[type] }));
  return [{ name: "root", num_children: columns.length }, ...elements];
}
