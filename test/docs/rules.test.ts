import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { docPages } from "./pages.ts";
import { RULES_PAGE, readRules } from "./rules-page.ts";
import { rulesRow, rulesTable } from "./rules-table.ts";

it("the table of rules against Services is what both modes cost: rows of 10, 100 and 1,000 Services", async () => {
  const page = readRules(readFileSync(docPages().get(RULES_PAGE)!, "utf8"));
  const rows = [await rulesRow(10), await rulesRow(100), await rulesRow(1000)];
  expect(page.slice(0, 5)).toEqual(rulesTable(rows).split("\n"));
  expect(page).toHaveLength(6);
});
