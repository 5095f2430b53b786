import type { Family } from "./address.ts";
import type { IpSet, SetMember } from "./ipset.ts";
import type { IpvsServer, IpvsService, IpvsServiceKey } from "./ipvs.ts";
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
  | { readonly verb: "set-timeouts"; readonly tcp: number; readonly tcpFin: number; readonly udp: number };

export interface IpvsCommand {
  readonly tool: "ipvsadm";
  readonly action: IpvsAction;
}

export interface SysctlCommand {
  readonly tool: "sysctl";
  readonly settings: ReadonlyMap<string, string>;
}

/** A command of a scenario's or a timeline's events. */
export type Command = IptablesCommand | IpsetCommand | IpvsCommand | SysctlCommand;
