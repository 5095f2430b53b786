/** `duckdb -csv -c QUERY`, as DuckDB's own program answers it. */
import { DuckDBInstance } from "@duckdb/node-api";

const query = process.argv.at(-1)!;
const connection = await (await DuckDBInstance.create(":memory:")).connect();
const result = await connection.runAndReadAll(query);
const lines = [result.columnNames(), ...result.getRowsJson()];
process.stdout.write(lines.map((values) => `${values.map(csv).join(",")}\n`).join(""));

function csv(value: unknown): string {
  const text = value === null ? "" : String(value);
  return /[",\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
