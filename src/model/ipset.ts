import type { Address, Family, SourcePosition } from "./address.ts";

export type SetTypeName =
  | "bitmap:ip"
  | "bitmap:ip,mac"
  | "bitmap:port"
  | "hash:ip"
  | "hash:mac"
  | "hash:ip,mac"
  | "hash:ip,mark"
  | "hash:ip,port"
  | "hash:ip,port,ip"
  | "hash:ip,port,net"
  | "hash:net"
  | "hash:net,net"
  | "hash:net,port"
  | "hash:net,port,net"
  | "hash:net,iface"
  | "list:set";

/** One member; which fields it has follows from the set's type. */
export interface SetMember {
  /** First address and its prefix length (the whole address for types without networks). */
  readonly address?: Address;
  readonly prefix?: number;
  readonly protocol?: number;
  /** Port, or type << 8 | code for ICMP. */
  readonly port?: number;
  readonly address2?: Address;
  readonly prefix2?: number;
  readonly mac?: Uint8Array;
  readonly mark?: number;
  readonly interface?: string;
  readonly physdev?: boolean;
  readonly wildcard?: boolean;
  /** Member of a list:set. */
  readonly set?: string;
  /** Of an `add` or `del` to a list:set: where in it, as seen from another member. */
  readonly before?: string;
  readonly after?: string;
  /** Of a file's `add … -exist`: it takes the place of an equal member that came before. */
  readonly exist?: boolean;
  /** Where its file adds it, for errors. */
  readonly at?: SourcePosition;
  readonly nomatch?: boolean;
  /** Remaining seconds. */
  readonly timeout?: number;
  readonly packets?: bigint;
  readonly bytes?: bigint;
  readonly comment?: string;
  readonly skbmark?: { readonly mark: number; readonly mask: number };
  readonly skbprio?: { readonly major: number; readonly minor: number };
  readonly skbqueue?: number;
}

export interface IpSet {
  readonly name: string;
  readonly type: SetTypeName;
  /** undefined for types without family (bitmap:port, list:set). */
  readonly family?: Family;
  /** The words after the type on the `create` line, for printing them back. */
  readonly createOptions: readonly string[];
  /** Of bitmap types: port numbers, or IPv4 addresses as numbers. */
  readonly range?: { readonly from: number; readonly to: number };
  readonly netmask?: number;
  readonly markmask?: number;
  /** list:set: how many members it was made for. */
  readonly size?: number;
  readonly bucketsize?: number;
  readonly initval?: number;
  readonly hashsize?: number;
  readonly maxelem: number;
  /** Default timeout in seconds; undefined: the set has no timeouts. */
  readonly timeout?: number;
  readonly counters: boolean;
  readonly comment: boolean;
  readonly skbinfo: boolean;
  readonly forceadd: boolean;
  readonly members: readonly SetMember[];
}
