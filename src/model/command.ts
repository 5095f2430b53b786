import type { Address, Family } from "./address.ts";
import type { IpSet, SetMember } from "./ipset.ts";
import type { IpvsDaemon, IpvsServer, IpvsService, IpvsServiceKey } from "./ipvs.ts";
import type { InterfaceAddress, PolicyRule, Route } from "./node.ts";
import type { Rule, TableName } from "./ruleset.ts";

/** What one command line of iptables or ip6tables asks for. Rule numbers count from 1. */
export type IptablesAction =
  | { readonly verb: "append" | "delete" | "check"; readonly chain: string; readonly rules: readonly Rule[] }
  | { readonly verb: "insert"; readonly chain: string; readonly number: number; readonly rules: readonly Rule[] }
  | { readonly verb: "replace"; readonly chain: string; readonly number: number; readonly rules: readonly Rule[] }
  | { readonly verb: "delete-number"; readonly chain: string; readonly number: number }
  | { readonly verb: "new-chain"; readonly chain: string }
  | { readonly verb: "rename-chain"; readonly chain: string; readonly newName: string }
  | { readonly verb: "delete-chain" | "flush"; readonly chain?: string }
  | {
      readonly verb: "list" | "list-rules";
      readonly chain?: string;
      readonly number?: number;
      /** `-Z` beside it: the counters are zeroed once they are printed. */
      readonly zero: boolean;
    }
  | { readonly verb: "zero"; readonly chain?: string; readonly number?: number }
  | { readonly verb: "policy"; readonly chain: string; readonly policy: "ACCEPT" | "DROP" };

export interface IptablesCommand {
  readonly tool: "iptables";
  readonly family: Family;
  readonly table: TableName;
  readonly action: IptablesAction;
}

export type IpsetAction =
  | { readonly verb: "create"; readonly set: IpSet; readonly exist: boolean }
  | {
      readonly verb: "add" | "del" | "test";
      readonly set: string;
      /** Ranges are expanded: one command may name many members. */
      readonly members: readonly SetMember[];
      readonly exist: boolean;
    }
  | { readonly verb: "flush" | "destroy"; readonly set?: string }
  | { readonly verb: "rename" | "swap"; readonly set: string; readonly other: string };

export interface IpsetCommand {
  readonly tool: "ipset";
  readonly action: IpsetAction;
}

export type IpvsAction =
  | { readonly verb: "add-service" | "edit-service"; readonly service: IpvsService }
  | { readonly verb: "delete-service"; readonly key: IpvsServiceKey }
  | { readonly verb: "add-server" | "edit-server"; readonly key: IpvsServiceKey; readonly server: IpvsServer }
  | {
      readonly verb: "delete-server";
      readonly key: IpvsServiceKey;
      readonly server: Pick<IpvsServer, "family" | "address" | "port">;
    }
  | { readonly verb: "clear" }
  | { readonly verb: "zero"; readonly key?: IpvsServiceKey }
  /** Seconds; 0 keeps the value. */
  | { readonly verb: "set-timeouts"; readonly tcp: number; readonly tcpFin: number; readonly udp: number }
  | { readonly verb: "start-daemon"; readonly daemon: IpvsDaemon }
  | { readonly verb: "stop-daemon"; readonly role: IpvsDaemon["role"] };

export interface IpvsCommand {
  readonly tool: "ipvsadm";
  readonly action: IpvsAction;
}

export interface SysctlCommand {
  readonly tool: "sysctl";
  readonly settings: ReadonlyMap<string, string>;
}

export type IpAction =
  | {
      readonly object: "addr";
      readonly verb: "add" | "change" | "replace" | "del";
      readonly device: string;
      readonly address: InterfaceAddress;
    }
  | { readonly object: "addr"; readonly verb: "flush"; readonly device: string; readonly family?: Family }
  | {
      readonly object: "route";
      readonly verb: "add" | "append" | "change" | "replace" | "del";
      readonly route: Route;
      /** Did the command give this field, by the name that `ip -j route` has for it? A deletion compares no others. */
      isNamed(field: string): boolean;
    }
  | {
      readonly object: "route";
      readonly verb: "flush";
      readonly family: Family;
      readonly table: number;
      readonly device?: string;
    }
  | { readonly object: "rule"; readonly verb: "add" | "del"; readonly rule: PolicyRule; readonly hasPriority: boolean }
  | { readonly object: "rule"; readonly verb: "flush"; readonly family: Family }
  | { readonly object: "neigh"; readonly verb: "del"; readonly device: string; readonly address: Address }
  | {
      readonly object: "neigh";
      readonly verb: "add" | "change" | "replace";
      readonly device: string;
      readonly address: Address;
      readonly mac: Uint8Array;
    }
  | { readonly object: "neigh"; readonly verb: "flush"; readonly device: string; readonly family?: Family }
  | { readonly object: "link"; readonly device: string; readonly isUp?: boolean; readonly mtu?: number };

export interface IpCommand {
  readonly tool: "ip";
  readonly action: IpAction;
}

/** An address and the bits of it that count. */
export interface ConntrackPrefix {
  readonly address: Address;
  readonly mask: Address;
}

/** Was a reply seen; is the connection not dropped early? */
export type ConntrackStatus = "replied" | "assured";

/** Which connections a command of conntrack means: those that have all that is given. */
export interface ConntrackFilter {
  readonly family?: Family;
  readonly protocol?: number;
  readonly originalSource?: ConntrackPrefix;
  readonly originalDestination?: ConntrackPrefix;
  readonly replySource?: ConntrackPrefix;
  readonly replyDestination?: ConntrackPrefix;
  readonly originalSourcePort?: number;
  readonly originalDestinationPort?: number;
  readonly replySourcePort?: number;
  readonly replyDestinationPort?: number;
  /** Number of the TCP state. */
  readonly tcpState?: number;
  readonly zone?: number;
  readonly mark?: { readonly value: number; readonly mask: number };
  readonly status?: readonly ConntrackStatus[];
  /** Only connections that NAT translates so. */
  readonly nat?: "source" | "destination" | "any";
}

export type ConntrackAction =
  | { readonly verb: "delete" | "flush"; readonly filter: ConntrackFilter }
  | {
      readonly verb: "update";
      readonly filter: ConntrackFilter;
      readonly mark?: { readonly value: number; readonly mask: number };
      /** Seconds that it lives from now on. */
      readonly seconds?: number;
      /** What it becomes. */
      readonly status: readonly ConntrackStatus[];
    };

export interface ConntrackCommand {
  readonly tool: "conntrack";
  readonly action: ConntrackAction;
}

/** A command of a scenario's or a timeline's events. */
export type Command = IptablesCommand | IpsetCommand | IpvsCommand | SysctlCommand | IpCommand | ConntrackCommand;
