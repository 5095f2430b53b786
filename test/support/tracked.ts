import { LoadedRulesets } from "../../src/compile/ruleset.ts";
import { parseRuleset } from "../../src/config/iptables/ruleset.ts";
import { ConfigLayout } from "../../src/core/layout.generated.ts";
import { setNumber } from "../../src/core/record.ts";
import type { Family } from "../../src/model/address.ts";
import { listConntrack } from "../../src/report/conntrack.ts";
import { Network, type NetworkPlan } from "./network.ts";

/** A router with two networks in each family that tracks connections. */
export const ROUTER_PLAN: NetworkPlan = {
  devices: {
    lo: ["127.0.0.1/8", "::1/128"],
    eth0: ["10.1.0.1/24", "fd01::1/64"],
    eth1: ["10.2.0.1/24", "fd02::1/64"],
  },
};

/** A network whose node tracks connections, with the rules of a nat table (lines as iptables-save has them). */
export async function trackedNetwork(
  nat: Partial<Record<Family, readonly string[]>> = {},
  { verifyChecksums = true } = {},
): Promise<Network> {
  const network = await Network.create(ROUTER_PLAN);
  const view = new DataView(network.core.memory.buffer);
  const settings = {
    conntrackActive4: 1,
    conntrackActive6: 1,
    conntrackAcct: 1,
    verifyChecksums: Number(verifyChecksums),
  };
  for (const [name, value] of Object.entries(settings)) {
    setNumber(view, network.core.configAddress(), ConfigLayout[name as keyof typeof settings], value);
  }
  const rulesets = new LoadedRulesets(network.core, { devices: network.numbers });
  for (const family of [4, 6] as const) {
    const rules = nat[family];
    if (rules) rulesets.load(parseRuleset(natTable(rules), family, "nat.save"));
  }
  return network;
}

/** What `conntrack -L -o extended` would print, sorted. */
export function connections({ core }: Network): string[] {
  return [...listConntrack(core)].sort();
}

function natTable(rules: readonly string[]): string {
  const chains = ["PREROUTING", "INPUT", "OUTPUT", "POSTROUTING"].map((name) => `:${name} ACCEPT [0:0]`);
  return ["*nat", ...chains, ...rules, "COMMIT", ""].join("\n");
}
