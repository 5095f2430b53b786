import type { Address, Negatable, Range } from "./address.ts";

/** Matches on the IP and link headers, and on the bytes behind them. */

export interface IprangeMatch {
  readonly kind: "iprange";
  readonly source?: Negatable<{ readonly from: Address; readonly to: Address }>;
  readonly destination?: Negatable<{ readonly from: Address; readonly to: Address }>;
}

export interface LengthMatch {
  readonly kind: "length";
  readonly length: Negatable<Range>;
}

export interface TtlMatch {
  readonly kind: "ttl" | "hl";
  readonly compare: "eq" | "ne" | "lt" | "gt";
  readonly value: number;
}

export interface TosMatch {
  readonly kind: "tos";
  readonly invert: boolean;
  readonly value: number;
  readonly mask: number;
}

export interface DscpMatch {
  readonly kind: "dscp";
  readonly invert: boolean;
  readonly value: number;
}

export interface EcnMatch {
  readonly kind: "ecn";
  readonly cwr?: Negatable<true>;
  readonly ece?: Negatable<true>;
  readonly ect?: Negatable<number>;
}

export interface MacMatch {
  readonly kind: "mac";
  readonly invert: boolean;
  readonly address: Uint8Array;
}

export interface PkttypeMatch {
  readonly kind: "pkttype";
  readonly invert: boolean;
  readonly type: "unicast" | "broadcast" | "multicast" | "otherhost" | "outgoing" | "loopback" | "fastroute";
}

export interface StringMatch {
  readonly kind: "string";
  readonly invert: boolean;
  readonly algorithm: "bm" | "kmp";
  readonly pattern: Uint8Array;
  readonly from: number;
  readonly to: number;
  readonly ignoreCase: boolean;
}

export interface U32Test {
  /** The first is the start offset; then &, <<, >> and @ in order. */
  readonly location: readonly { readonly op: "start" | "&" | "<<" | ">>" | "@"; readonly number: number }[];
  readonly values: readonly Range[];
}

export interface U32Match {
  readonly kind: "u32";
  readonly invert: boolean;
  readonly tests: readonly U32Test[];
}

/** An instruction of classic BPF (struct sock_filter). */
export interface BpfInstruction {
  readonly code: number;
  readonly jumpTrue: number;
  readonly jumpFalse: number;
  readonly k: number;
}

export interface BpfMatch {
  readonly kind: "bpf";
  /** undefined: `--object-pinned`. */
  readonly program?: readonly BpfInstruction[];
  /** The words of the rule, for printing; so below. */
  readonly text: string;
}
