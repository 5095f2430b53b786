import type { Negatable, Prefix, Range } from "./address.ts";
import type { PortTest } from "./match-transport.ts";

/** Matches on what conntrack and IPVS know of the packet's connection. */

export type ConntrackState = "INVALID" | "NEW" | "RELATED" | "ESTABLISHED" | "UNTRACKED" | "SNAT" | "DNAT";
export type ConntrackStatus = "NONE" | "EXPECTED" | "SEEN_REPLY" | "ASSURED" | "CONFIRMED";

export interface ConntrackMatch {
  readonly kind: "conntrack";
  readonly state?: Negatable<readonly ConntrackState[]>;
  readonly protocol?: Negatable<number>;
  readonly originalSource?: Negatable<Prefix>;
  readonly originalDestination?: Negatable<Prefix>;
  readonly replySource?: Negatable<Prefix>;
  readonly replyDestination?: Negatable<Prefix>;
  readonly originalSourcePort?: PortTest;
  readonly originalDestinationPort?: PortTest;
  readonly replySourcePort?: PortTest;
  readonly replyDestinationPort?: PortTest;
  readonly status?: Negatable<readonly ConntrackStatus[]>;
  /** Remaining seconds. */
  readonly expire?: Negatable<Range>;
  readonly direction?: "ORIGINAL" | "REPLY";
}

export interface StateMatch {
  readonly kind: "state";
  readonly state: Negatable<readonly ConntrackState[]>;
}

export interface ConnbytesMatch {
  readonly kind: "connbytes";
  readonly invert: boolean;
  readonly from: bigint;
  readonly to: bigint;
  readonly direction: "original" | "reply" | "both";
  readonly mode: "packets" | "bytes" | "avgpkt";
}

export interface ConnlimitMatch {
  readonly kind: "connlimit";
  readonly limit: number;
  /** `--connlimit-upto`: match while at most that many. */
  readonly upto: boolean;
  readonly mask: number;
  readonly side: "source" | "destination";
}

export interface ConnlabelMatch {
  readonly kind: "connlabel";
  /** 0 to 127. */
  readonly label: Negatable<number>;
  /** Its name, where connlabel.conf has one. */
  readonly name?: string;
  readonly set: boolean;
}

export interface HelperMatch {
  readonly kind: "helper";
  readonly helper: Negatable<string>;
}

export interface IpvsMatch {
  readonly kind: "ipvs";
  readonly property?: Negatable<true>;
  readonly protocol?: Negatable<number>;
  readonly address?: Negatable<Prefix>;
  readonly port?: Negatable<number>;
  readonly direction?: Negatable<"ORIGINAL" | "REPLY">;
  readonly method?: Negatable<"GATE" | "IPIP" | "MASQ">;
  readonly controlPort?: Negatable<number>;
}

export interface ClusterMatch {
  readonly kind: "cluster";
  /** One bit for each node that this one is. */
  readonly nodes: Negatable<number>;
  readonly total: number;
  readonly seed: number;
  readonly text: string;
}
