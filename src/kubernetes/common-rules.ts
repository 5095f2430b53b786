import type { Proxier } from "./proxier.ts";
import { comment, mark, markTarget, type Part, states, type TableBuilder } from "./rule.ts";

/** Chains and rules that iptables and IPVS mode share. */

export const MARK_MASQ = "KUBE-MARK-MASQ";
export const POSTROUTING = "KUBE-POSTROUTING";
export const FORWARD = "KUBE-FORWARD";
export const SERVICES = "KUBE-SERVICES";
export const PROXY_FIREWALL = "KUBE-PROXY-FIREWALL";

/** A jump from a built-in chain; kube-proxy inserts each at the head of its chain, unless it is there. */
export interface HookJump {
  readonly table: "filter" | "nat";
  readonly from: string;
  readonly to: string;
  readonly parts: readonly Part[];
}

export function isNew(text: string): readonly Part[] {
  return [states("NEW"), comment(text)];
}

export function markBits({ configuration }: Proxier): number {
  return (1 << configuration.masqueradeBit) >>> 0;
}

/** nat KUBE-POSTROUTING and KUBE-MARK-MASQ: a mark asks for masquerading, which takes it away. */
export function addMasquerading(nat: TableBuilder, proxier: Proxier): void {
  const bits = markBits(proxier);
  nat.add(POSTROUTING, "RETURN", mark(bits, true));
  // --xor-mark
  nat.add(POSTROUTING, markTarget(bits, 0));
  const masquerade = proxier.facts.randomFully ? "MASQUERADE --random-fully" : "MASQUERADE";
  nat.add(POSTROUTING, masquerade, comment("kubernetes service traffic requiring SNAT"));
  // --or-mark
  nat.add(MARK_MASQ, markTarget(bits, bits));
}

/** filter KUBE-FORWARD: service traffic passes though the FORWARD policy may be DROP. */
export function addForwarding(filter: TableBuilder, proxier: Proxier): void {
  filter.add(FORWARD, "ACCEPT", comment("kubernetes forwarding rules"), mark(markBits(proxier)));
  filter.add(FORWARD, "ACCEPT", comment("kubernetes forwarding conntrack rule"), states("RELATED", "ESTABLISHED"));
}

export function jumpTo(table: HookJump["table"], from: string, to: string, text: string): HookJump {
  return { table, from, to, parts: text ? [comment(text)] : [] };
}

export function jumpIfNew(table: HookJump["table"], from: string, to: string, text: string): HookJump {
  return { table, from, to, parts: isNew(text) };
}
