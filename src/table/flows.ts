import type { FlowRow, PacketRow } from "./columns.ts";

type Counted = { -readonly [K in keyof FlowRow]: FlowRow[K] } & {
  packets: number;
  bytes: number;
  sent: number;
  delivered: number;
  dropped: number;
};

/** Sums packets up by flow: protocol, addresses and ports as they arrived, both directions. */
export class Flows {
  readonly #flows = new Map<string, Counted>();

  /** @returns number of the packet's flow, from 1; undefined for a packet whose headers could not be read. */
  add(row: Omit<PacketRow, "flow">): number | undefined {
    if (row.source === undefined || row.destination === undefined) return undefined;
    const [from, to] = [`${row.source} ${row.source_port ?? ""}`, `${row.destination} ${row.destination_port ?? ""}`];
    const key = from < to ? `${row.protocol} ${from} ${to}` : `${row.protocol} ${to} ${from}`;
    let flow = this.#flows.get(key);
    if (!flow) {
      flow = newFlow(this.#flows.size + 1, row);
      this.#flows.set(key, flow);
    }
    count(flow, row);
    return flow.flow;
  }

  /** In the order of their first packets. */
  rows(): Iterable<FlowRow> {
    return this.#flows.values();
  }
}

function newFlow(number: number, row: Omit<PacketRow, "flow">): Counted {
  return {
    flow: number,
    first_packet: row.packet,
    last_packet: row.packet,
    first_time: row.time,
    last_time: row.time,
    protocol: row.protocol,
    source: row.source,
    source_port: row.source_port,
    destination: row.destination,
    destination_port: row.destination_port,
    packets: 0,
    bytes: 0,
    sent: 0,
    delivered: 0,
    dropped: 0,
    out_destination: undefined,
    out_destination_port: undefined,
    out_source: undefined,
    out_source_port: undefined,
    service: undefined,
    server: undefined,
  };
}

function count(flow: Counted, row: Omit<PacketRow, "flow">): void {
  flow.last_packet = row.packet;
  flow.last_time = row.time;
  flow.packets++;
  flow.bytes += row.length ?? 0;
  if (row.fate === "sent" || row.fate === "delivered" || row.fate === "dropped") flow[row.fate]++;
  flow.service ??= row.service;
  flow.server ??= row.server;
  if (flow.out_destination !== undefined || row.out_destination === undefined) return;
  flow.out_source = row.out_source;
  flow.out_source_port = row.out_source_port;
  flow.out_destination = row.out_destination;
  flow.out_destination_port = row.out_destination_port;
}
