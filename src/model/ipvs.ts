import type { Address, Family } from "./address.ts";

export type IpvsMethod = "masq" | "route" | "tunnel";

export interface IpvsServer {
  readonly family: Family;
  readonly address: Address;
  readonly port: number;
  readonly method: IpvsMethod;
  readonly weight: number;
  readonly upperThreshold: number;
  readonly lowerThreshold: number;
  readonly tunnel: {
    readonly type: "ipip" | "gue" | "gre";
    readonly port: number;
    readonly checksum: "none" | "csum" | "remcsum";
  };
}

/** What names a virtual service: protocol, address and port, or a firewall mark. */
export type IpvsServiceKey =
  | {
      readonly family: Family;
      readonly protocol: number;
      readonly address: Address;
      readonly port: number;
      readonly fwmark?: undefined;
    }
  | { readonly family: Family; readonly fwmark: number };

export interface IpvsService {
  readonly key: IpvsServiceKey;
  readonly scheduler: string;
  /** `-b` flags: sh-fallback, sh-port, mh-fallback, mh-port, flag-1, flag-2, flag-3. */
  readonly flags: readonly string[];
  /** Persistence timeout in seconds; undefined: not persistent. */
  readonly persistence?: number;
  /** IPv4 mask as a number, or IPv6 prefix length. */
  readonly netmask?: number;
  readonly onePacket: boolean;
  readonly engine?: string;
  /** In the order of the file; the kernel's list is the reverse. */
  readonly servers: readonly IpvsServer[];
}

/** A daemon that sends connections to other directors, or takes theirs (`ipvsadm --start-daemon`). */
export interface IpvsDaemon {
  readonly role: "master" | "backup";
  readonly device: string;
  readonly syncId: number;
  readonly maxLength: number;
  readonly group: string;
  readonly port: number;
  readonly ttl: number;
}
