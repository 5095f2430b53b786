import type { Match } from "../model/match.ts";
import type { Node } from "../model/node.ts";
import { samplesOf } from "../model/rule-lines.ts";
import type { Rule, Table } from "../model/ruleset.ts";
import type { Target } from "../model/target.ts";

/** Which hooks beyond the tables' own a family's rules register. */
export interface TrackingNeeds {
  readonly conntrack: boolean;
  /** Defragmentation without conntrack. */
  readonly defrag: boolean;
}

/** Matches and targets that call nf_ct_netns_get() when their rule is loaded (net/netfilter/xt_*.c, checkentry). */
const CONNTRACK_MATCHES: ReadonlySet<Match["kind"]> = new Set<Match["kind"]>([
  "conntrack",
  "state",
  "connmark",
  "connbytes",
  "connlimit",
  "helper",
  "connlabel",
  "cluster",
]);
const CONNTRACK_TARGETS: ReadonlySet<Target["kind"]> = new Set<Target["kind"]>([
  "DNAT",
  "SNAT",
  "MASQUERADE",
  "REDIRECT",
  "NETMAP",
  "CONNMARK",
  "CONNSECMARK",
  "CLUSTERIP",
  // Unlike Linux, which has no such target: without conntrack its rule in nat, as published, would never be asked.
  "IPVS",
]);
const FTP_PORT = 21;

/**
 * Does anything of this family need conntrack or defragmentation? Where nothing does, the hooks are not registered and
 * packets pass untracked (netfilter-hooks: nf_ct_netns_get is counted per family).
 */
export function trackingNeeds(family: 4 | 6, tables: readonly Table[], services: Node["services"]): TrackingNeeds {
  let conntrack = servicesNeedConntrack(family, services);
  let defrag = family === 6 && hasIpv6(services);
  for (const table of tables) {
    for (const rule of samplesOf(table)) {
      conntrack ||= needsConntrack(rule);
      defrag ||= needsDefrag(rule);
    }
  }
  return { conntrack, defrag: defrag || conntrack };
}

function needsConntrack({ matches, target }: Rule): boolean {
  if (matches.some(({ kind }) => CONNTRACK_MATCHES.has(kind))) return true;
  if (!target) return false;
  if (target.kind === "CT") return !target.notrack;
  return CONNTRACK_TARGETS.has(target.kind);
}

function needsDefrag({ matches, target }: Rule): boolean {
  return target?.kind === "TPROXY" || matches.some(({ kind }) => kind === "socket");
}

/** A service or server of IPv6 asks for its defragmentation. */
function hasIpv6(services: Node["services"]): boolean {
  return services?.some(({ key, servers }) => key.family === 6 || servers.some(({ family }) => family === 6)) ?? false;
}

/** IPVS itself asks for conntrack only for masquerading FTP servers (ip_vs_ctl.c: __ip_vs_update_dest). */
function servicesNeedConntrack(family: 4 | 6, services: Node["services"]): boolean {
  return (
    services?.some(
      ({ key, servers }) =>
        key.family === family &&
        key.fwmark === undefined &&
        key.port === FTP_PORT &&
        servers.some(({ method }) => method === "masq"),
    ) ?? false
  );
}
