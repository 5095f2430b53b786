import { IPS_ASSURED, IPS_SEEN_REPLY } from "../../assembly/abi/conntrack.ts";
import { ConfigError } from "../config/error.ts";
import type { Core } from "../core/core.ts";
import { EntryRecordLayout } from "../core/layout.generated.ts";
import { type Field, setNumber } from "../core/record.ts";
import type { ConntrackEntry, ConntrackTuple } from "../model/conntrack.ts";
import { HELPERS } from "./helper.ts";

const ZONE_DIRECTIONS = { original: 1, reply: 2, both: 3 } as const;

/**
 * Puts a node's live connections into the table, as they stand when the run begins.
 *
 * @throws ConfigError when two of them have the same tuple.
 */
export function loadConntrack(core: Core, entries: readonly ConntrackEntry[]): void {
  for (const entry of entries) {
    writeEntry(core, core.entryToRestore(), entry);
    if (!core.restoreEntry())
      throw new ConfigError("ERR_VALUE", entry.at, "another connection has one of these tuples");
  }
}

function writeEntry(core: Core, record: number, entry: ConntrackEntry): void {
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
  set(layout.helper, HELPERS.get(entry.helper ?? "") ?? 0);
}
