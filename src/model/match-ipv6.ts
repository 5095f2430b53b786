import type { Address, Negatable, Prefix, Range } from "./address.ts";

/** Matches on IPv6 extension headers. */

export interface Ipv6headerMatch {
  readonly kind: "ipv6header";
  readonly invert: boolean;
  readonly headers: readonly string[];
  readonly soft: boolean;
}

/** IPv6 fragment header. */
export interface FragMatch {
  readonly kind: "frag";
  readonly id?: Negatable<Range>;
  readonly length?: Negatable<number>;
  readonly reserved: boolean;
  readonly first: boolean;
  readonly more: boolean;
  readonly last: boolean;
}

/** IPv6 routing header. */
export interface RtMatch {
  readonly kind: "rt";
  readonly type?: Negatable<number>;
  readonly segmentsLeft?: Negatable<Range>;
  readonly length?: Negatable<number>;
  readonly reserved: boolean;
  readonly addresses: readonly Address[];
  readonly notStrict: boolean;
}

/** IPv6 hop-by-hop or destination options header. */
export interface OptionsHeaderMatch {
  readonly kind: "hbh" | "dst";
  readonly length?: Negatable<number>;
  readonly options: readonly { readonly type: number; readonly length?: number }[];
}

export interface Eui64Match {
  readonly kind: "eui64";
  readonly text: string;
}

/** A number, and how a field is compared with it. */
export interface SrhComparison {
  readonly value: number;
  readonly equal?: Negatable<true>;
  readonly greater?: Negatable<true>;
  readonly less?: Negatable<true>;
}

/** IPv6 segment routing header. */
export interface SrhMatch {
  readonly kind: "srh";
  readonly nextHeader?: Negatable<number>;
  /** Header extension length, segments left and last entry: the tool keeps one number for the three comparisons of each. */
  readonly length?: SrhComparison;
  readonly segmentsLeft?: SrhComparison;
  readonly lastEntry?: SrhComparison;
  readonly tag?: Negatable<number>;
  /** Segments before and after the current one, and the last; host bits stay in the address. */
  readonly previousSid?: Negatable<Prefix>;
  readonly nextSid?: Negatable<Prefix>;
  readonly lastSid?: Negatable<Prefix>;
}
