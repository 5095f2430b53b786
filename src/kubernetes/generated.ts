import type { IpSet } from "../model/ipset.ts";
import type { IpvsService } from "../model/ipvs.ts";
import type { HookJump } from "./common-rules.ts";
import type { TextTable } from "./rule.ts";

/** What kube-proxy writes into a node in one family, apart from what others have there. */
export interface Generated {
  /** filter and nat: kube-proxy's own chains. */
  readonly tables: readonly TextTable[];
  /** In the order in which kube-proxy inserts them. */
  readonly jumps: readonly HookJump[];
  readonly sets: readonly IpSet[];
  readonly services: readonly IpvsService[];
  /** Addresses of kube-ipvs0. */
  readonly boundAddresses: readonly string[];
  readonly sysctls: ReadonlyMap<string, string>;
  /** Service ports that have endpoints, but none that policy Local may use. */
  readonly withoutLocalEndpoints: { readonly internal: number; readonly external: number };
  /** iptables mode: the nat chains of each Service (`namespace/name`). */
  readonly serviceChains: ReadonlyMap<string, readonly string[]>;
  /** What the kernel refuses, or this node folder cannot say. */
  readonly notes: readonly string[];
}

/** A mode that writes neither rules, sets nor services. */
export const NOTHING: Generated = {
  tables: [],
  jumps: [],
  sets: [],
  services: [],
  boundAddresses: [],
  sysctls: new Map(),
  withoutLocalEndpoints: { internal: 0, external: 0 },
  serviceChains: new Map(),
  notes: [],
};
