import type { Address, Family, SourcePosition } from "./address.ts";

/** What a packet of one direction of a connection looks like. */
export interface ConntrackTuple {
  readonly source: Address;
  readonly destination: Address;
  /** Port; of ICMP the id, of GRE the key; 0 where the protocol has none. */
  readonly sourcePort: number;
  /** Port; of ICMP the type times 256 plus the code. */
  readonly destinationPort: number;
  /** Packets and bytes; undefined where they are not counted. */
  readonly counts?: { readonly packets: bigint; readonly bytes: bigint };
}

/** A connection of the node's table, as `conntrack -L` prints it. */
export interface ConntrackEntry {
  readonly family: Family;
  readonly protocol: number;
  readonly secondsLeft: number;
  /** Number of the TCP, SCTP or DCCP state; 0 for other protocols. */
  readonly state: number;
  readonly original: ConntrackTuple;
  readonly reply: ConntrackTuple;
  /** Was a reply seen? */
  readonly replied: boolean;
  readonly assured: boolean;
  readonly mark: number;
  readonly zone: number;
  /** Name of its helper; undefined for none. */
  readonly helper?: string;
  /** Seconds since it began; undefined where that is not kept. */
  readonly age?: number;
  /** Seconds that GRE gives it without and with answers; undefined: as the settings are. */
  readonly greTimeouts?: { readonly unreplied: number; readonly stream: number };
  /** Names of its labels. */
  readonly labels?: readonly string[];
  /** Directions in which the zone holds. */
  readonly zoneDirections: "both" | "original" | "reply";
  readonly at: SourcePosition;
}

/** A connection that a helper expects, as `conntrack -L expect` prints it. */
export interface ConntrackExpectation {
  readonly family: Family;
  readonly protocol: number;
  readonly secondsLeft: number;
  readonly source: Address;
  readonly destination: Address;
  readonly sourcePort: number;
  readonly destinationPort: number;
  /** Bits of the source address and port that count. */
  readonly sourceMask: Address;
  readonly sourcePortMask: number;
  /** Original tuple of the connection that expects it, and the zone of that direction; its protocol is the helper's. */
  readonly master: Pick<ConntrackTuple, "source" | "destination" | "sourcePort" | "destinationPort"> & {
    readonly zone: number;
  };
  readonly flags: readonly ("PERMANENT" | "INACTIVE" | "USERSPACE")[];
  readonly class: number;
  readonly helper: "ftp" | "tftp";
  readonly at: SourcePosition;
}
