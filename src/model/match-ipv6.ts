import type { Address, Negatable, Range } from "./address.ts";

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
