import { configDefaults, defineConfig } from "vitest/config";
import { unmetRequirements } from "./test/support/requirements.ts";

export default defineConfig({
  test: {
    include: ["test/**/*.test.ts"],
    exclude: [...configDefaults.exclude, ...unmetRequirements().map(({ file }) => file)],
    globalSetup: "test/support/report-not-run.ts",
    testTimeout: 60_000,
    hookTimeout: 60_000,
  },
});
