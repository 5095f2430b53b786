import { fileURLToPath } from "node:url";
import { expect, it } from "vitest";
import { readClusterCase } from "./cluster/case.ts";
import { runClusterCase } from "./cluster/outcome.ts";

/** `iptables-nth`, frames cut behind the headers: twelve seconds of a whole node with kube-proxy's rules. */
const CASE = fileURLToPath(new URL("corpus/cluster-iptables-nth.tar.gz", import.meta.url));

it("a whole node's capture, replayed, ends as the kernel did", async () => {
  const recorded = await readClusterCase(CASE);
  const { samePackets, differences } = await runClusterCase(recorded, new Set());
  expect(differences).toEqual([]);
  expect(recorded.arrivals.length).toBe(2011);
  expect(samePackets).toBe(1856);
}, 20_000);
