/** `npm run docs:rules`: writes the table of rules evaluated against the number of Services into its page. */
import { readFileSync, writeFileSync } from "node:fs";
import { docPages } from "./pages.ts";
import { RULES_PAGE, replaceRules } from "./rules-page.ts";
import { rulesRow, rulesTable, SIZES } from "./rules-table.ts";

const path = docPages().get(RULES_PAGE)!;
const rows = [];
for (const size of SIZES) rows.push(await rulesRow(size));
const table = rulesTable(rows);
writeFileSync(path, replaceRules(readFileSync(path, "utf8"), table));
console.log(table);
