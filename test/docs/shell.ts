import { spawnSync } from "node:child_process";
import { chmodSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));
const LOADER = import.meta.resolve("tsx");
/** Help texts are as wide as the terminal, which there is none of. */
const COLUMNS = "120";

/** A shell for the commands of a page: `hookwalk` is this source, `examples/` the project's, all else a folder of its own. */
export class PageShell {
  readonly #folder = mkdtempSync(join(tmpdir(), "hookwalk-page-"));
  readonly #work = join(this.#folder, "work");

  constructor() {
    const programs = join(this.#folder, "bin");
    mkdirSync(programs);
    mkdirSync(this.#work);
    symlinkSync(join(ROOT, "examples"), join(this.#work, "examples"));
    const program = join(programs, "hookwalk");
    writeFileSync(
      program,
      `#!/bin/sh\nexec "${process.execPath}" --import "${LOADER}" "${ROOT}src/cli/main.ts" "$@"\n`,
    );
    chmodSync(program, 0o755);
    // DuckDB's own program is not in the registry; its library prints the same CSV.
    const duckdb = join(programs, "duckdb");
    writeFileSync(
      duckdb,
      `#!/bin/sh\nexec "${process.execPath}" --import "${LOADER}" "${ROOT}test/docs/duckdb.ts" "$@"\n`,
    );
    chmodSync(duckdb, 0o755);
  }

  /** What the command prints to standard output and standard error. */
  run(command: string): string {
    const path = `${join(this.#folder, "bin")}:${process.env.PATH}`;
    const { output, error } = spawnSync("sh", ["-c", `exec 2>&1\n${command}`], {
      cwd: this.#work,
      env: { ...process.env, PATH: path, COLUMNS, LC_ALL: "C" },
      encoding: "utf8",
    });
    if (error) throw error;
    return output[1]!;
  }

  close(): void {
    rmSync(this.#folder, { recursive: true, force: true });
  }
}
