import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { ConfigError } from "../../../src/config/error.ts";
import { printRuleset } from "../../../src/config/iptables/print.ts";
import { parseRuleset } from "../../../src/config/iptables/ruleset.ts";
import type { Family } from "../../../src/model/address.ts";
import type { Ruleset } from "../../../src/model/ruleset.ts";
import { ruleLine } from "../../support/rule-lines.ts";

/** A ruleset of those of the lines that are right. */
function rulesetOf(family: Family, lines: readonly { table: string; chain: string; rule: string }[]): Ruleset {
  const tables = new Set(lines.map(({ table }) => table));
  const text = [...tables].map((table) => {
    const rules = lines.filter((line) => line.table === table);
    const right = rules
      .map(({ chain, rule }) => `-A ${chain} ${rule}\n`)
      .filter((rule) => isRight(family, table, rule));
    return `*${table}\n${right.join("")}COMMIT\n`;
  });
  return parseRuleset(text.join(""), family, "random.save");
}

function isRight(family: Family, table: string, line: string): boolean {
  try {
    parseRuleset(`*${table}\n${line}COMMIT\n`, family, "random.save");
    return true;
  } catch (error) {
    if (error instanceof ConfigError) return false;
    throw error;
  }
}

/** Without the places in the file, which printing may change. */
function withoutPlaces(ruleset: Ruleset): unknown {
  return JSON.parse(
    JSON.stringify(ruleset, (key, value) => {
      if (key === "at" || key === "counters") return undefined;
      if (typeof value === "bigint") return String(value);
      return value instanceof Uint8Array ? [...value] : value;
    }),
  );
}

describe("a ruleset that was printed", () => {
  it.each([4, 6] as const)("is read back as it was, whatever its rules (IPv%d)", (family) => {
    fc.assert(
      fc.property(fc.array(ruleLine(family), { minLength: 1, maxLength: 8 }), (lines) => {
        // Printing drops what tests nothing (`--sport :`), so what was printed once is what has to stay.
        const saved = printRuleset(rulesetOf(family, lines));
        const ruleset = parseRuleset(saved, family, "saved.save");
        const printed = printRuleset(ruleset);
        expect(printed).toBe(saved);
        const again = parseRuleset(printed, family, "printed.save");
        expect(withoutPlaces(again)).toEqual(withoutPlaces(ruleset));
        expect(printRuleset(again)).toBe(printed);
      }),
      { numRuns: 60 },
    );
  });
});
