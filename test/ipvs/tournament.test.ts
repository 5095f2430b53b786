import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { IpvsServerState } from "../../src/compile/ipvs-reader.ts";
import { formatAddress } from "../../src/config/address.ts";
import { Director } from "../support/director.ts";

const VIP = "10.96.200.1:80";
const MOST_SERVERS = 70;

function nameOf(server: number): string {
  return `10.1.0.${server + 1}:80`;
}

/** How the kernel's schedulers go through the list: whoever is strictly better than the best before (ip_vs_wlc.c, ip_vs_lc.c, ip_vs_sed.c). */
function chosenFrom(servers: readonly IpvsServerState[], scheduler: string): IpvsServerState | undefined {
  let best: IpvsServerState | undefined;
  const load = ({ active, inactive }: IpvsServerState) =>
    BigInt(scheduler === "sed" ? active + 1 : active * 256 + inactive);
  const weight = (server: IpvsServerState) => BigInt(scheduler === "lc" ? 1 : server.weight);
  for (const server of servers) {
    if (server.overloaded || server.weight === 0) continue;
    if (!best || load(best) * weight(server) > load(server) * weight(best)) best = server;
  }
  return best;
}

const act = fc.oneof(
  { weight: 12, arbitrary: fc.constant({ kind: "begin" as const }) },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant("reset" as const), which: fc.nat(200) }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant("answer" as const), which: fc.nat(200) }) },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant("weigh" as const),
      server: fc.nat(MOST_SERVERS - 1),
      weight: fc.constantFrom(0, 1, 2, 7, 100),
    }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("remove" as const), server: fc.nat(MOST_SERVERS - 1) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("add" as const), server: fc.nat(MOST_SERVERS - 1) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("wait" as const), seconds: fc.constantFrom(1, 15, 70) }) },
);

describe("the choice among many servers", () => {
  it.each(["wlc", "lc", "sed"])("of %s is the one of going through the list", async (scheduler) => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 30, max: MOST_SERVERS }),
        fc.array(fc.constantFrom(0, 1, 1, 2, 3, 50), { minLength: MOST_SERVERS, maxLength: MOST_SERVERS }),
        fc.array(act, { minLength: 50, maxLength: 200 }),
        async (count, weights, acts) => {
          const present = new Set(Array.from({ length: count }, (_, i) => i));
          const services = [
            `-A -t ${VIP} -s ${scheduler}`,
            ...[...present].map((i) => `-a -t ${VIP} -r ${nameOf(i)} -m -w ${weights[i]} -x 4 -y 2`),
          ];
          const director = await Director.create({ local: "10.96.200.1", services });
          const begun: { client: string; server: string }[] = [];
          for (const [i, each] of acts.entries()) {
            if (each.kind === "begin") {
              const client = `10.9.9.7:${2000 + i}`;
              const wanted = chosenFrom(director.state().servers, scheduler);
              const [sent] = director.send({ from: client, to: VIP, protocol: "tcp", flags: "S" });
              const to = formatAddress(sent!.packet.subarray(16, 20));
              expect(to).toBe(wanted ? formatAddress(wanted.address) : "10.9.9.7");
              if (wanted) begun.push({ client, server: `${to}:80` });
            } else if (each.kind === "reset" || each.kind === "answer") {
              const one = begun[each.which % begun.length];
              if (one && each.kind === "reset")
                director.send({ from: one.client, to: VIP, protocol: "tcp", flags: "R" });
              if (one && each.kind === "answer")
                director.send({ from: one.server, to: one.client, protocol: "tcp", flags: "SA" });
            } else if (each.kind === "wait") {
              director.wait(each.seconds);
            } else if (each.kind === "add" && !present.has(each.server)) {
              present.add(each.server);
              director.ipvsadm(`-a -t ${VIP} -r ${nameOf(each.server)} -m -w 2`);
            } else if (each.kind === "remove" && present.delete(each.server)) {
              director.ipvsadm(`-d -t ${VIP} -r ${nameOf(each.server)}`);
            } else if (each.kind === "weigh" && present.has(each.server)) {
              director.ipvsadm(`-e -t ${VIP} -r ${nameOf(each.server)} -m -w ${each.weight} -x 3`);
            }
          }
        },
      ),
      { numRuns: 25 },
    );
  });
});
