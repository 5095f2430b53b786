import type { BondSettings, Interface } from "../model/node.ts";

/** Policies whose hash is of the frame alone; the others look into tunnels, or take the card's hash where there is one. */
const POLICIES: ReadonlySet<string> = new Set(["layer2", "layer2+3", "layer3+4", "vlan+srcmac"]);
const HASHED: ReadonlySet<string> = new Set(["balance-xor", "802.3ad"]);
const OTHERS: ReadonlySet<string> = new Set(["balance-rr", "active-backup", "broadcast"]);

/** Does a hash of the frame decide through which port it leaves? */
export function isHashed({ mode = "", policy }: BondSettings): boolean {
  return HASHED.has(mode) && POLICIES.has(policy);
}

/** Which of a bond's choices a saved node does not tell; undefined: all is known. */
export function bondDoubt(bond: BondSettings): string | undefined {
  const { mode, policy, packetsPerPort } = bond;
  const shown = "frames that leave through it are shown on it";
  if (mode === undefined) return `${shown}: its mode is not saved (\`ip -d -j addr')`;
  if (HASHED.has(mode)) return isHashed(bond) ? undefined : `${shown}: xmit_hash_policy ${policy} is not emulated`;
  if (!OTHERS.has(mode)) return `${shown}: mode ${mode} chooses ports by their load`;
  if (mode !== "balance-rr") return undefined;
  return packetsPerPort === 0
    ? "the port of every frame is drawn (packets_per_slave 0): which one it was is not known"
    : "ports take turns (balance-rr), from the second one on: whose turn it was is not saved";
}

/** Ports whose order counts where nobody saved it. */
export function needsOrder(bond: BondSettings, ports: readonly Interface[]): boolean {
  return ports.length > 1 && (isHashed(bond) || bond.mode === "balance-rr");
}
