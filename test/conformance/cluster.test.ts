import { fileURLToPath } from "node:url";
import { expect, it } from "vitest";
import { readClusterCase } from "./cluster/case.ts";
import { runClusterCase } from "./cluster/outcome.ts";
import { verifyClusterCase } from "./cluster/verify.ts";

/** `iptables-nth`, frames cut behind the headers: twelve seconds of a whole node with kube-proxy's rules. */
const CASE = fileURLToPath(new URL("corpus/cluster-iptables-nth.tar.gz", import.meta.url));

it("a whole node's capture, replayed, ends as the kernel did", async () => {
  const recorded = await readClusterCase(CASE);
  const { samePackets, differences } = await runClusterCase(recorded, new Set());
  expect(differences).toEqual([]);
  expect(recorded.arrivals.length).toBe(2011);
  expect(samePackets).toBe(1856);
}, 20_000);

it("a whole node's capture is its own witness: every packet that left, with its recorded cause, and the state", async () => {
  const { verification, otherCauses, differences } = await verifyClusterCase(await readClusterCase(CASE), new Set());
  expect(verification).toMatchObject({
    isExplained: true,
    records: 3772,
    inputs: 1916,
    recorded: 1856,
    exact: 1761,
    byChance: { port: 0 },
    own: 95,
    isCut: true,
  });
  expect({ otherCauses, differences }).toEqual({ otherCauses: 0, differences: [] });
}, 20_000);
