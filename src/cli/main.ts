#!/usr/bin/env node
import { EXIT_DONE, EXIT_USAGE } from "./errors.ts";
import { run } from "./run.ts";

// A reader that has seen enough (head, less) closes the pipe: no error.
process.stdout.on("error", (error: NodeJS.ErrnoException) => {
  process.exit(error.code === "EPIPE" ? EXIT_DONE : EXIT_USAGE);
});
process.exitCode = await run(process.argv.slice(2));
