import { IPS_ASSURED, IPS_DST_NAT, IPS_SEEN_REPLY, IPS_SRC_NAT } from "../../assembly/abi/conntrack.ts";
import { ConfigError } from "../config/error.ts";
import type { Core } from "../core/core.ts";
import { EntryRecordLayout } from "../core/layout.generated.ts";
import { type Field, getNumber, setNumber } from "../core/record.ts";
import type { ConntrackAction, ConntrackFilter, ConntrackPrefix, ConntrackStatus } from "../model/command.ts";
import type { ConntrackEntry, ConntrackTuple } from "../model/conntrack.ts";
import { HELPERS } from "./helper.ts";

const NS_PER_SECOND = 1_000_000_000n;
const ZONE_DIRECTIONS = { original: 1, reply: 2, both: 3 } as const;

/**
 * Puts a node's live connections into the table, as they stand when the run begins.
 *
 * @throws ConfigError when two of them have the same tuple.
 */
export function loadConntrack(
  core: Core,
  entries: readonly ConntrackEntry[],
  labels: ReadonlyMap<string, number> = new Map(),
): void {
  for (const entry of entries) {
    writeEntry(core, core.entryToRestore(), entry, labelBits(entry, labels));
    if (!core.restoreEntry())
      throw new ConfigError("ERR_VALUE", entry.at, "another connection has one of these tuples");
  }
}

/** A bit for each label. @throws ConfigError for a name that connlabel.conf does not have. */
function labelBits({ labels = [], at }: ConntrackEntry, names: ReadonlyMap<string, number>): bigint {
  let bits = 0n;
  for (const name of labels) {
    const label = names.get(name);
    if (label === undefined) throw new ConfigError("ERR_UNKNOWN_NAME", at, `connlabel.conf has no label \`${name}'`);
    bits |= 1n << BigInt(label);
  }
  return bits;
}

function writeEntry(core: Core, record: number, entry: ConntrackEntry, labels: bigint): void {
  const view = new DataView(core.memory.buffer);
  const layout = EntryRecordLayout;
  const set = (field: Field, value: number | bigint) => setNumber(view, record, field, value);
  const bytes = new Uint8Array(core.memory.buffer);
  const setTuple = (tuple: ConntrackTuple, source: Field, destination: Field) => {
    bytes.set(tuple.source, record + source.offset);
    bytes.set(tuple.destination, record + destination.offset);
  };
  bytes.fill(0, record, record + layout.byteLength);
  setTuple(entry.original, layout.originalSource0, layout.originalDestination0);
  setTuple(entry.reply, layout.replySource0, layout.replyDestination0);
  set(layout.originalSourcePort, entry.original.sourcePort);
  set(layout.originalDestinationPort, entry.original.destinationPort);
  set(layout.replySourcePort, entry.reply.sourcePort);
  set(layout.replyDestinationPort, entry.reply.destinationPort);
  set(layout.originalPackets, entry.original.counts?.packets ?? 0n);
  set(layout.originalBytes, entry.original.counts?.bytes ?? 0n);
  set(layout.replyPackets, entry.reply.counts?.packets ?? 0n);
  set(layout.replyBytes, entry.reply.counts?.bytes ?? 0n);
  set(layout.accounted, Number(entry.original.counts !== undefined));
  set(layout.secondsLeft, entry.secondsLeft);
  set(layout.status, (entry.replied ? IPS_SEEN_REPLY : 0) | (entry.assured ? IPS_ASSURED : 0));
  set(layout.mark, entry.mark);
  set(layout.zone, entry.zone);
  set(layout.zoneDirections, ZONE_DIRECTIONS[entry.zoneDirections]);
  set(layout.family, entry.family);
  set(layout.protocol, entry.protocol);
  set(layout.state, entry.state);
  set(layout.labels0, labels & 0xffffffffffffffffn);
  set(layout.labels1, labels >> 64n);
  set(layout.helper, HELPERS.get(entry.helper ?? "") ?? 0);
  set(layout.greTimeout, entry.greTimeouts?.unreplied ?? 0);
  set(layout.greStreamTimeout, entry.greTimeouts?.stream ?? 0);
  if (entry.age === undefined) return;
  const start = core.now() - BigInt(entry.age) * NS_PER_SECOND;
  set(layout.isTimed, 1);
  set(layout.startNs, start > 0n ? start : 0n);
}

/** Does what a command of conntrack asks for. Connections that it does not find are no error. */
export function applyConntrack(core: Core, action: ConntrackAction): void {
  const chosen = new ChosenEntries(core, action.filter);
  core.firstEntry();
  for (let record = core.nextEntry(); record !== 0; record = core.nextEntry()) {
    if (!chosen.has(record)) continue;
    if (action.verb !== "update") {
      core.deleteEntry();
      continue;
    }
    const { mark, status, seconds = -1 } = action;
    const old = getNumber(new DataView(core.memory.buffer), record, EntryRecordLayout.mark);
    const changed = mark ? ((old & ~mark.mask) ^ mark.value) >>> 0 : old;
    core.changeEntry(changed, statusBits(status), seconds);
  }
}

function statusBits(status: readonly ConntrackStatus[]): number {
  return (status.includes("replied") ? IPS_SEEN_REPLY : 0) | (status.includes("assured") ? IPS_ASSURED : 0);
}

const TCP = 6;
const NAT = { source: IPS_SRC_NAT, destination: IPS_DST_NAT, any: IPS_SRC_NAT | IPS_DST_NAT } as const;

/** Entries that a filter means, by the record that the core fills. */
export class ChosenEntries {
  readonly #core: Core;
  readonly #filter: ConntrackFilter;

  constructor(core: Core, filter: ConntrackFilter) {
    this.#core = core;
    this.#filter = filter;
  }

  has(record: number): boolean {
    const view = new DataView(this.#core.memory.buffer);
    const L = EntryRecordLayout;
    const f = this.#filter;
    const is = (field: Field, value: number | undefined) =>
      value === undefined || getNumber(view, record, field) === value;
    const status = getNumber(view, record, L.status);
    const wanted = statusBits(f.status ?? []);
    const { mark } = f;
    return (
      is(L.family, f.family) &&
      is(L.protocol, f.tcpState === undefined ? f.protocol : TCP) &&
      is(L.state, f.tcpState) &&
      is(L.zone, f.zone) &&
      is(L.originalSourcePort, f.originalSourcePort) &&
      is(L.originalDestinationPort, f.originalDestinationPort) &&
      is(L.replySourcePort, f.replySourcePort) &&
      is(L.replyDestinationPort, f.replyDestinationPort) &&
      this.#isIn(record, L.originalSource0, f.originalSource) &&
      this.#isIn(record, L.originalDestination0, f.originalDestination) &&
      this.#isIn(record, L.replySource0, f.replySource) &&
      this.#isIn(record, L.replyDestination0, f.replyDestination) &&
      (status & wanted) === wanted &&
      (f.nat === undefined || (status & NAT[f.nat]) !== 0) &&
      (!mark || (getNumber(view, record, L.mark) & mark.mask) >>> 0 === mark.value)
    );
  }

  #isIn(record: number, field: Field, prefix: ConntrackPrefix | undefined): boolean {
    if (!prefix) return true;
    const { address, mask } = prefix;
    const family = getNumber(new DataView(this.#core.memory.buffer), record, EntryRecordLayout.family);
    if ((family === 4 ? 4 : 16) !== address.length) return false;
    const bytes = new Uint8Array(this.#core.memory.buffer, record + field.offset, address.length);
    return bytes.every((byte, i) => ((byte ^ address[i]!) & mask[i]!) === 0);
  }
}
