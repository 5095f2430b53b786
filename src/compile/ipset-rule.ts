import type { Core } from "../core/core.ts";
import { SetQueryLayout, SetTargetRecordLayout } from "../core/layout.generated.ts";
import { setNumber, stride } from "../core/record.ts";
import type { SetComparison, SetDirection, SetMatch } from "../model/match.ts";
import type { SetOperation, SetTarget } from "../model/target.ts";

/** The argument records of the set match and the SET target (assembly/ipset/index.ts). */

/** As in assembly/ipset/index.ts. */
const RETURN_NOMATCH = 1;
const KEEP_COUNTERS = 2;
const KEEP_SUBCOUNTERS = 4;
const EXIST = 8;
const MAP_MARK = 16;
const MAP_PRIORITY = 32;
const MAP_QUEUE = 64;
const NO_TIMEOUT = 0xffffffff;

const COMPARE = { eq: 1, ne: 2, lt: 3, gt: 4 } as const;

/** Bytes of a set match's record. */
export const SET_MATCH_SIZE = stride(SetQueryLayout);

/** Writes a set match's record; `number` finds a set. */
export function writeSetMatch(view: DataView, at: number, match: SetMatch, number: (set: string) => number): void {
  let flags = 0;
  if (match.returnNomatch) flags |= RETURN_NOMATCH;
  if (match.keepCounters) flags |= KEEP_COUNTERS;
  if (match.keepSubcounters) flags |= KEEP_SUBCOUNTERS;
  writeQuery(view, at, number(match.set), match.directions, flags, NO_TIMEOUT);
  setNumber(view, at, SetQueryLayout.invert, match.invert ? 1 : 0);
  setNumber(view, at, SetQueryLayout.packets, match.packets?.value ?? 0);
  setNumber(view, at, SetQueryLayout.bytes, match.bytes?.value ?? 0);
  setNumber(view, at, SetQueryLayout.packetsCompare, compareCode(match.packets));
  setNumber(view, at, SetQueryLayout.bytesCompare, compareCode(match.bytes));
}

/** Makes the record of a SET target; the caller takes a fresh view of the memory afterwards. */
export function makeSetTarget(core: Core, target: SetTarget, number: (set: string) => number): number {
  const header = stride(SetTargetRecordLayout);
  const address = core.allocate(header + 3 * SET_MATCH_SIZE);
  const view = new DataView(core.memory.buffer);
  const operations: [SetOperation | undefined, { offset: number; type: string }, number][] = [
    [target.add, SetTargetRecordLayout.add, target.exist ? EXIST : 0],
    [target.delete, SetTargetRecordLayout.remove, 0],
    [target.map, SetTargetRecordLayout.map, mapFlags(target)],
  ];
  for (const [i, [operation, field, flags]] of operations.entries()) {
    if (!operation) continue;
    const at = address + header + i * SET_MATCH_SIZE;
    const timeout = operation === target.add ? (target.timeout ?? NO_TIMEOUT) : NO_TIMEOUT;
    writeQuery(view, at, number(operation.set), operation.directions, flags, timeout);
    setNumber(view, address, field, at);
  }
  return address;
}

function mapFlags(target: SetTarget): number {
  let flags = 0;
  if (target.mapMark) flags |= MAP_MARK;
  if (target.mapPriority) flags |= MAP_PRIORITY;
  if (target.mapQueue) flags |= MAP_QUEUE;
  return flags;
}

function writeQuery(
  view: DataView,
  at: number,
  set: number,
  directions: readonly SetDirection[],
  flags: number,
  timeout: number,
): void {
  let bits = 0;
  for (const [i, direction] of directions.entries()) if (direction === "src") bits |= 1 << i;
  setNumber(view, at, SetQueryLayout.set, set);
  setNumber(view, at, SetQueryLayout.directions, bits);
  setNumber(view, at, SetQueryLayout.dimensions, directions.length);
  setNumber(view, at, SetQueryLayout.flags, flags);
  setNumber(view, at, SetQueryLayout.timeout, timeout);
}

function compareCode(comparison: SetComparison | undefined): number {
  return comparison ? COMPARE[comparison.compare] : 0;
}
