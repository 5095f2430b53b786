import { Reason } from "../../assembly/abi/fate.ts";
import type { Node } from "../model/node.ts";
import { reasonWords } from "../trace/words.ts";

/** From this share of the packets on, an early check that ended them is what the report begins with. */
const TELLING_SHARE = 0.5;

/** Most packets ended before any rule could see what they are about. */
export interface Diagnosis {
  readonly reason: string;
  readonly packets: number;
  readonly remedy: string;
}

/**
 * Did most packets end at one early check? Then the capture and the node do not fit together, and nothing else of the
 * report means much.
 *
 * @param ended packets of the capture that were dropped or ignored, by reason.
 */
export function diagnose(node: Node, packets: number, ended: ReadonlyMap<number, number>): Diagnosis | undefined {
  for (const [reason, count] of ended) {
    const remedy = remedyFor(reason, node);
    if (remedy && count >= packets * TELLING_SHARE) return { reason: reasonWords(reason), packets: count, remedy };
  }
  return undefined;
}

function remedyFor(reason: number, node: Node): string | undefined {
  switch (reason) {
    case Reason.OtherHost:
      return "was the capture taken on this node? --interface FILE_IF=NODE_IF says to which interface it belongs";
    case Reason.ForwardingOff:
      return hasSettings(node)
        ? "net.ipv4.ip_forward (net.ipv6.conf.all.forwarding) is 0 in the node's settings"
        : "the node has no sysctl.txt, so the kernel's default net.ipv4.ip_forward=0 was assumed: add the file, or a line net.ipv4.ip_forward=1";
    case Reason.MartianSource:
      return "the packets come from addresses that cannot arrive there: does the capture belong to another interface, or to the other side of it?";
    case Reason.ReversePath:
      return "rp_filter expects them on another interface: is the capture given to the right one, and is route.json complete?";
    case Reason.NoRoute:
    case Reason.HostUnreachable:
      return "the node has no route for them: is route.json complete (ip -j route show table all)?";
    case Reason.Ipv6Disabled:
      return "the node has no IPv6 (no address, or disable_ipv6=1)";
    default:
      return undefined;
  }
}

/** Assumed defaults that decided what became of packets, in words. */
export function decidingDefaults(node: Node, ended: ReadonlyMap<number, number>): string[] {
  const count = ended.get(Reason.ForwardingOff) ?? 0;
  if (count === 0 || hasSettings(node)) return [];
  return [`net.ipv4.ip_forward=0 was assumed (no sysctl.txt) and decided the fate of ${count} packets`];
}

/** What a table that was full did to packets, and what helps; in words. */
export function fullTable(node: Node, ended: ReadonlyMap<number, number>): string[] {
  const count = ended.get(Reason.TableFull) ?? 0;
  if (count === 0) return [];
  const max = node.sysctls.get(CONNTRACK_MAX);
  const limit = max
    ? `${CONNTRACK_MAX} is ${max}`
    : `${CONNTRACK_MAX} is not among the settings, so 262144 was assumed`;
  return [
    `${count} packet${count === 1 ? " was" : "s were"} dropped because the conntrack table was full (${limit}); the kernel logs ` +
      '"nf_conntrack: table full, dropping packet", at most 10 times in 5 seconds. Raise the limit, shorten nf_conntrack_*_timeout, ' +
      "or exempt traffic that needs no tracking (raw table: CT --notrack)",
  ];
}

const CONNTRACK_MAX = "net.netfilter.nf_conntrack_max";

function hasSettings(node: Node): boolean {
  return node.isScenario || node.files.includes("sysctl.txt");
}
