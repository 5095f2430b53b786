import { expect } from "vitest";
import { DeviceNumbers } from "../../src/compile/devices.ts";
import { LoadedRulesets } from "../../src/compile/ruleset.ts";
import { ConfigError } from "../../src/config/error.ts";
import { readRuleset } from "../../src/config/iptables/lines/read-ruleset.ts";
import { printRuleset } from "../../src/config/iptables/print.ts";
import { parseRuleset } from "../../src/config/iptables/ruleset.ts";
import type { Core } from "../../src/core/core.ts";
import type { Family } from "../../src/model/address.ts";
import type { IpSet } from "../../src/model/ipset.ts";
import type { Interface } from "../../src/model/node.ts";
import { linesOf, NO_SHAPE } from "../../src/model/rule-lines.ts";
import type { Ruleset } from "../../src/model/ruleset.ts";

const DEVICES = new DeviceNumbers(
  ["lo", "eth0", "eth1", "cni0"].map(
    (name, i): Interface => ({
      index: i + 1,
      name,
      mtu: 1500,
      flags: ["UP"],
      linkType: "ether",
      group: 0,
      addresses: [],
    }),
  ),
);

/**
 * Expects the reader that keeps lines and the parser that makes objects to agree on a file: what they refuse and where,
 * every rule, the text that is printed, and every byte that the core gets.
 *
 * @returns how many rules were kept as lines of a known shape.
 */
export function expectSameRuleset(bytes: Uint8Array, family: Family): number {
  const read = outcomeOf((onUnsupported) => readRuleset(bytes, family, "x.save", { onUnsupported }));
  const parsed = outcomeOf((onUnsupported) =>
    parseRuleset(new TextDecoder().decode(bytes), family, "x.save", { onUnsupported }),
  );
  expect(read.complaints).toEqual(parsed.complaints);
  expect(read.ruleset === undefined).toBe(parsed.ruleset === undefined);
  if (!read.ruleset || !parsed.ruleset) return 0;
  // Before anybody asks for an object.
  for (const keepCounters of [false, true]) {
    expect(imagesOf(read.ruleset, keepCounters)).toEqual(imagesOf(parsed.ruleset, keepCounters));
  }
  expect(plain(read.ruleset)).toEqual(plain(parsed.ruleset));
  expect(printRuleset(read.ruleset, { counters: true })).toBe(printRuleset(parsed.ruleset, { counters: true }));
  return read.ruleset.tables.reduce((sum, table) => {
    return sum + (linesOf(table)?.shapeOf.filter((shape) => shape !== NO_SHAPE).length ?? 0);
  }, 0);
}

interface Outcome {
  readonly ruleset?: Ruleset;
  /** Of rules that were left out, and of what ended the reading. */
  readonly complaints: readonly string[];
}

function outcomeOf(read: (onUnsupported: (error: ConfigError) => void) => Ruleset): Outcome {
  const complaints: string[] = [];
  try {
    return { ruleset: read(({ code, message }) => complaints.push(`left out: ${code} ${message}`)), complaints };
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    complaints.push(`${error.code} ${error.message}`);
    return { complaints };
  }
}

/** What the core is given of each table, and the complaints about what is not emulated. */
function imagesOf(ruleset: Ruleset, keepCounters: boolean): unknown[] {
  const given: unknown[] = [];
  const memory = { buffer: new ArrayBuffer(0) };
  const core = {
    memory,
    allocate(size: number) {
      memory.buffer = new ArrayBuffer(size);
      return 0;
    },
    replaceTable: () => given.push(Buffer.from(memory.buffer).toString("latin1")),
  };
  const rulesets = new LoadedRulesets(core as unknown as Core, {
    devices: DEVICES,
    sets: { find: (name) => ({ name, family: ruleset.family }) as IpSet, number: (name) => name.length },
    onUnsupported: ({ message }) => given.push(message),
  });
  try {
    rulesets.load(ruleset, keepCounters);
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    given.push(error.message);
  }
  return given;
}

function plain(ruleset: Ruleset): unknown {
  return JSON.parse(
    JSON.stringify(ruleset, (_, value) => {
      if (typeof value === "bigint") return `${value}n`;
      return value instanceof Uint8Array ? [...value] : value;
    }),
  );
}
