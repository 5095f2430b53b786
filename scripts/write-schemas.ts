/** `npm run schemas`: writes the JSON Schemas of all that the command prints as JSON into schema/. */
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { schemaTexts } from "./schemas.ts";

mkdirSync("schema", { recursive: true });
for (const [name, text] of schemaTexts()) writeFileSync(join("schema", name), text);
