import type { Negatable, Range } from "./address.ts";

/** Matches on the headers of transport protocols. */

/** Ports (or anything with two ends) and whether the test is inverted. */
export type PortTest = Negatable<Range>;

export interface TcpMatch {
  readonly kind: "tcp";
  readonly sourcePort?: PortTest;
  readonly destinationPort?: PortTest;
  /** Flags as in byte 13 of the header. */
  readonly flags?: Negatable<{ readonly mask: number; readonly compare: number }>;
  readonly option?: Negatable<number>;
}

export interface UdpMatch {
  readonly kind: "udp";
  readonly sourcePort?: PortTest;
  readonly destinationPort?: PortTest;
}

/** `type` 255 (IPv4 only) is any. */
export interface IcmpMatch {
  readonly kind: "icmp" | "icmp6";
  readonly invert: boolean;
  readonly type: number;
  readonly code: Range;
}

export interface MultiportMatch {
  readonly kind: "multiport";
  readonly side: "source" | "destination" | "either";
  readonly invert: boolean;
  readonly ports: readonly Range[];
}

export interface SctpChunkTest {
  readonly type: number;
  /** Flag bits that are looked at, and what they must be. */
  readonly flagMask: number;
  readonly flags: number;
}

export interface SctpMatch {
  readonly kind: "sctp";
  readonly sourcePort?: PortTest;
  readonly destinationPort?: PortTest;
  readonly chunks?: Negatable<{ readonly mode: "all" | "any" | "only"; readonly types: readonly SctpChunkTest[] }>;
}

export interface DccpMatch {
  readonly kind: "dccp";
  readonly sourcePort?: PortTest;
  readonly destinationPort?: PortTest;
  /** One bit for each packet type. */
  readonly types?: Negatable<number>;
  readonly option?: Negatable<number>;
  readonly text: string;
}

export interface TcpmssMatch {
  readonly kind: "tcpmss";
  readonly mss: Negatable<Range>;
}

/** SPI of an AH, ESP or IPComp header; IPv6 AH can also test the header's length and its reserved bits. */
export interface SpiMatch {
  readonly kind: "ah" | "esp" | "ipcomp";
  readonly spi?: Negatable<Range>;
  readonly length?: Negatable<number>;
  /** `--ahres`: the reserved field is zero; `--compres` for IPComp. */
  readonly reserved: boolean;
}

/** Mobility header types. */
export interface MhMatch {
  readonly kind: "mh";
  readonly type?: Negatable<Range>;
}

/** The sender's operating system by its first packet. */
export interface OsfMatch {
  readonly kind: "osf";
  readonly text: string;
}
