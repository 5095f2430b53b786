import { CONN_F_FWD_MASK, CONN_F_TEMPLATE } from "../../assembly/abi/ipvs.ts";
import type { Core } from "../core/core.ts";
import {
  CallIdLayout,
  IpvsConnectionLayout,
  IpvsServerLayout,
  IpvsServiceLayout,
  IpvsStatsLayout,
} from "../core/layout.generated.ts";
import { type Field, getBigInt, getNumber } from "../core/record.ts";
import type { Address, Family } from "../model/address.ts";

/** What `ipvsadm --stats` counts. */
export interface IpvsCounters {
  readonly connections: bigint;
  readonly inPackets: bigint;
  readonly outPackets: bigint;
  readonly inBytes: bigint;
  readonly outBytes: bigint;
}

export interface IpvsServerState {
  readonly number: number;
  readonly family: Family;
  readonly address: Address;
  readonly port: number;
  readonly weight: number;
  /** A `ForwardMethod`. */
  readonly method: number;
  readonly active: number;
  readonly inactive: number;
  /** Templates. */
  readonly persistent: number;
  /** Is it full (thresholds)? */
  readonly overloaded: boolean;
  readonly counters: IpvsCounters;
  /** The counters as the estimator copied them last: what the tools print. */
  readonly shown: IpvsCounters;
  /** Connections, packets and bytes a second, as the estimator has averaged them. */
  readonly rates: IpvsCounters;
}

export interface IpvsServiceState {
  readonly number: number;
  readonly counters: IpvsCounters;
  readonly shown: IpvsCounters;
  readonly rates: IpvsCounters;
  /** In the order of the kernel's list. */
  readonly servers: readonly IpvsServerState[];
}

export interface IpvsConnectionState {
  readonly family: Family;
  /** 0 for templates of firewall-mark services. */
  readonly protocol: number;
  readonly isTemplate: boolean;
  readonly state: number;
  readonly client: Address;
  readonly clientPort: number;
  /** Begins with the mark, for templates of firewall-mark services. */
  readonly virtual: Address;
  readonly virtualPort: number;
  readonly server: Address;
  readonly serverPort: number;
  /** Whole seconds until it ends. */
  readonly remainingSeconds: number;
  /** Of a template that the persistence engine sip made: its Call-ID. */
  readonly callId?: string;
}

/** Reads services and their servers out of a core, the newest service first. */
export function readServices(core: Core): IpvsServiceState[] {
  const reader = new RecordReader(core);
  const services: IpvsServiceState[] = [];
  const layout = IpvsServiceLayout;
  for (let at = core.ipvsServices(); at !== 0; at = reader.number(at, layout.listNext)) {
    const servers: IpvsServerState[] = [];
    const link = IpvsServerLayout.next;
    for (let server = reader.number(at, layout.first); server !== at; server = reader.number(server, link)) {
      servers.push(readServer(core, reader, server));
    }
    const stats = reader.number(at, layout.stats);
    services.push({ number: reader.number(at, layout.number), ...readStats(core, reader, stats), servers });
  }
  return services;
}

function readServer(core: Core, reader: RecordReader, at: number): IpvsServerState {
  const layout = IpvsServerLayout;
  const family = reader.number(at, layout.family) === 4 ? 4 : 6;
  return {
    number: reader.number(at, layout.number),
    family,
    address: reader.address(at, layout.address0, family),
    port: reader.number(at, layout.port),
    weight: reader.number(at, layout.weight),
    method: reader.number(at, layout.connectionFlags) & CONN_F_FWD_MASK,
    active: reader.number(at, layout.active),
    inactive: reader.number(at, layout.inactive),
    persistent: reader.number(at, layout.persistent),
    overloaded: reader.number(at, layout.overloaded) !== 0,
    ...readStats(core, reader, reader.number(at, layout.stats)),
  };
}

function readStats(
  core: Core,
  reader: RecordReader,
  at: number,
): Pick<IpvsServiceState, "counters" | "shown" | "rates"> {
  core.ipvsSettleStats(at);
  const layout = IpvsStatsLayout;
  const since = (counter: Field, zero: Field) => reader.bigint(at, counter) - reader.bigint(at, zero);
  const perSecond = (average: Field) => (reader.bigint(at, average) + 0x1ffn) >> 10n;
  const bytesPerSecond = (average: Field) => (reader.bigint(at, average) + 0xfn) >> 5n;
  return {
    counters: {
      connections: since(layout.connections, layout.zeroConnections),
      inPackets: since(layout.inPackets, layout.zeroInPackets),
      outPackets: since(layout.outPackets, layout.zeroOutPackets),
      inBytes: since(layout.inBytes, layout.zeroInBytes),
      outBytes: since(layout.outBytes, layout.zeroOutBytes),
    },
    shown: {
      connections: since(layout.copyConnections, layout.zeroConnections),
      inPackets: since(layout.copyInPackets, layout.zeroInPackets),
      outPackets: since(layout.copyOutPackets, layout.zeroOutPackets),
      inBytes: since(layout.copyInBytes, layout.zeroInBytes),
      outBytes: since(layout.copyOutBytes, layout.zeroOutBytes),
    },
    rates: {
      connections: perSecond(layout.rateConnections),
      inPackets: perSecond(layout.rateInPackets),
      outPackets: perSecond(layout.rateOutPackets),
      inBytes: bytesPerSecond(layout.rateInBytes),
      outBytes: bytesPerSecond(layout.rateOutBytes),
    },
  };
}

/** Reads connections and templates, in the arbitrary order of the table. @param hz ticks in a second. */
export function readConnections(core: Core, hz: number): IpvsConnectionState[] {
  const connections: IpvsConnectionState[] = [];
  const now = (core.now() * BigInt(hz)) / 1_000_000_000n;
  for (let at = core.ipvsConnectionAfter(0); at !== 0; at = core.ipvsConnectionAfter(at)) {
    connections.push(readConnection(new RecordReader(core), at, now, hz));
  }
  return connections;
}

function readConnection(reader: RecordReader, at: number, now: bigint, hz: number): IpvsConnectionState {
  const layout = IpvsConnectionLayout;
  const family = reader.number(at, layout.family) === 4 ? 4 : 6;
  return {
    family,
    protocol: reader.number(at, layout.protocol),
    isTemplate: (reader.number(at, layout.flags) & CONN_F_TEMPLATE) !== 0,
    state: reader.number(at, layout.state),
    client: reader.address(at, layout.client0, family),
    clientPort: reader.number(at, layout.clientPort),
    virtual: reader.address(at, layout.virtual0, family),
    virtualPort: reader.number(at, layout.virtualPort),
    server: reader.address(at, layout.server0, reader.number(at, layout.serverFamily) === 4 ? 4 : 6),
    serverPort: reader.number(at, layout.serverPort),
    remainingSeconds: Math.max(0, Math.floor(Number(reader.bigint(at, layout.expires) - now) / hz)),
    callId: reader.callId(reader.number(at, layout.callId)),
  };
}

class RecordReader {
  readonly #view: DataView;

  constructor(core: Core) {
    this.#view = new DataView(core.memory.buffer);
  }

  number(record: number, field: Field): number {
    return getNumber(this.#view, record, field);
  }

  bigint(record: number, field: Field): bigint {
    return getBigInt(this.#view, record, field);
  }

  /** ASCII; undefined when there is none. */
  callId(at: number): string | undefined {
    if (at === 0) return undefined;
    const length = this.number(at, CallIdLayout.length);
    return String.fromCharCode(...new Uint8Array(this.#view.buffer, at + CallIdLayout.byteLength, length));
  }

  address(record: number, field: Field, family: Family): Address {
    return new Uint8Array(
      this.#view.buffer.slice(record + field.offset, record + field.offset + (family === 4 ? 4 : 16)),
    );
  }
}
