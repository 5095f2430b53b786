import { describe, expect, it } from "vitest";
import type { TraceEvent } from "../../src/engine/outputs.ts";
import { Emulator, explanationText, parseNode, type Step, type Walk } from "../../src/index.ts";
import { explainEvents } from "../../src/trace/explain.ts";
import { pathNames } from "../../src/trace/path.ts";
import { frameTo } from "../support/frames.ts";
import { MACS, nodeFiles } from "../support/node-files.ts";

type Scheduling = Extract<Step, { readonly step: "schedule" }>;

const SERVICE = "-t 10.0.0.1:80";

async function director(...lines: readonly string[]) {
  const files = nodeFiles({ "ipvsadm.save": "" });
  const emulator = await Emulator.create(parseNode(files), { record: "all" });
  for (const line of lines) emulator.command(`ipvsadm ${line}`);
  let events: TraceEvent[] = [];
  emulator.observe({ event: (event) => events.push(event) });
  let port = 1000;
  const explain = (words = `tcp 10.0.0.9:${++port} > 10.0.0.1:80 S`): Walk[] => {
    events = [];
    emulator.send(frameTo(MACS.eth0, words), "eth0");
    return explainEvents(events, pathNames(emulator.loaded));
  };
  const choose = (words?: string): Scheduling => {
    const step = explain(words)[0]!.steps.find((each) => each.step === "schedule");
    return step as Scheduling;
  };
  return { emulator, explain, choose };
}

/** Three servers, added in this order: .11, .12, .13; the kernel looks at the last one first. */
function service(scheduler: string, weights: readonly number[] = [1, 2, 3], options = ""): string[] {
  const servers = weights.map((weight, i) => `-a ${SERVICE} -r 10.1.0.${11 + i}:80 -m -w ${weight}`);
  return [`-A ${SERVICE} -s ${scheduler} ${options}`.trim(), ...servers];
}

describe("how a scheduler's choice is explained", () => {
  it("rr: the server chosen last, and the next one", async () => {
    const { choose } = await director(...service("rr", [1, 0, 1]));
    const [first, second] = [choose(), choose()];
    expect(first).toMatchObject({
      service: "TCP 10.0.0.1:80",
      scheduler: "rr",
      before: { last: "none" },
      after: { last: "10.1.0.13:80" },
      chosen: "10.1.0.13:80",
    });
    expect(second).toMatchObject({ before: { last: "10.1.0.13:80" }, chosen: "10.1.0.11:80" });
    expect(second.candidates).toEqual([
      { server: "10.1.0.13:80", weight: 1, active: 1, inactive: 0, load: undefined, skipped: undefined },
      { server: "10.1.0.12:80", weight: 0, active: 0, inactive: 0, load: undefined, skipped: "weight 0" },
      { server: "10.1.0.11:80", weight: 1, active: 0, inactive: 0, load: undefined, skipped: undefined },
    ]);
  });

  it("wrr: the weight that a server must have, and how it sinks", async () => {
    const { choose } = await director(...service("wrr"));
    expect(choose().before).toEqual({ last: "none", weight: 1, highest: 3, step: 1 });
    for (let i = 0; i < 2; i++) choose();
    expect(choose()).toMatchObject({
      before: { last: "10.1.0.11:80", weight: 1 },
      after: { last: "10.1.0.13:80", weight: 3 },
    });
  });

  it.each([
    { scheduler: "lc", chosen: "10.1.0.11:80" },
    { scheduler: "wlc", chosen: "10.1.0.11:80" },
    { scheduler: "sed", chosen: "10.1.0.13:80" },
    { scheduler: "nq", chosen: "10.1.0.11:80" },
    { scheduler: "ovf", chosen: "10.1.0.13:80" },
  ])("$scheduler: the loads that it compares", async ({ scheduler, chosen }) => {
    const { choose } = await director(...service(scheduler));
    const steps = [choose(), choose(), choose()];
    const last = steps[2]!;
    expect(last.chosen).toBe(chosen);
    const taken = (address: string) => steps.slice(0, 2).filter((step) => step.chosen === address).length;
    for (const { server, active, load } of last.candidates) {
      expect(active).toBe(taken(server));
      expect(load).toBe(scheduler === "ovf" ? active : /sed|nq/.test(scheduler) ? active + 1 : active * 256);
    }
  });

  it("fo and ovf: weights, and who is full by his weight", async () => {
    const failover = await director(...service("fo"));
    expect([failover.choose().chosen, failover.choose().chosen]).toEqual(["10.1.0.13:80", "10.1.0.13:80"]);
    const overflow = await director(...service("ovf", [1, 1, 2]));
    const steps = Array.from({ length: 4 }, () => overflow.choose());
    expect(steps[3]!.chosen).toBe("10.1.0.12:80");
    expect(steps[3]!.candidates[0]).toMatchObject({ active: 3, skipped: "more active connections than its weight" });
  });

  it.each(["sh", "dh", "mh"])("%s: the table's entry", async (scheduler) => {
    const { choose } = await director(...service(scheduler, [1, 1, 1]));
    const { chosen, before, after } = choose();
    expect(before).toEqual({ entry: expect.any(Number), server: chosen });
    expect(after).toEqual(before);
  });

  it.each(["sh", "dh", "mh"])("%s: nobody, where the entry's server takes no more", async (scheduler) => {
    const { choose, emulator } = await director(...service(scheduler, [1, 1, 1]));
    const server = choose().chosen!;
    emulator.command(`ipvsadm -e ${SERVICE} -r ${server} -m -w 0`);
    expect(choose("tcp 10.0.0.9:1001 > 10.0.0.1:80 R")).toBeUndefined();
    const refused = choose();
    expect(refused).toMatchObject({ chosen: undefined, before: { server } });
    expect(refused.candidates.find((each) => each.server === server)!.skipped).toBe("weight 0");
  });

  it("lblc and lblcr: what is kept for the destination", async () => {
    const cached = await director(...service("lblc"));
    expect(cached.choose()).toMatchObject({ before: { kept: "none" }, after: { kept: "10.1.0.13:80" } });
    expect(cached.choose()).toMatchObject({ before: { kept: "10.1.0.13:80" }, chosen: "10.1.0.13:80" });
    const replicated = await director(...service("lblcr"));
    expect(replicated.choose()).toMatchObject({ before: { kept: 0 }, after: { kept: 1, newest: "10.1.0.13:80" } });
  });

  it("twos and none", async () => {
    const { choose } = await director(...service("twos"));
    expect(choose()).toMatchObject({ scheduler: "twos", chosen: expect.stringMatching(/^10\.1\.0\.1/) });
    const none = await director(...service("none"));
    expect(none.choose()).toMatchObject({ scheduler: "none", chosen: undefined });
  });

  it("tells of servers that are full by their thresholds", async () => {
    const { choose } = await director(...service("rr", [1]), `-a ${SERVICE} -r 10.1.0.14:80 -m -x 1`);
    choose();
    expect(choose().candidates[0]!.skipped).toBe("full: 1 connections, upper threshold 1");
  });

  it("tells of templates that decide, and of those that are given up", async () => {
    const { explain, emulator } = await director(...service("rr", [1, 1], "-p 300"));
    explain();
    const template = () => explain()[0]!.steps.find(({ step }) => step === "template");
    expect(template()).toEqual({
      step: "template",
      service: "TCP 10.0.0.1:80",
      server: "10.1.0.12:80",
      isUsed: true,
    });
    emulator.command(`ipvsadm -d ${SERVICE} -r 10.1.0.12:80`);
    expect(template()).toMatchObject({ server: "10.1.0.12:80", isUsed: false });
  });

  it("reads well", async () => {
    const { explain } = await director(...service("wlc", [1, 0]), `-a ${SERVICE} -r 10.1.0.13:80 -m -x 1`);
    explain();
    const text = explanationText(2, explain());
    expect(text.slice(text.indexOf("    IPVS: wlc"), text.indexOf("    IPVS: TCP"))).toBe(
      "    IPVS: wlc chooses for TCP 10.0.0.1:80: the smallest load / weight (256 for an active, 1 for an inactive connection), the first of equals\n" +
        "        10.1.0.13:80  weight 1, active 1, inactive 0, load 256  (skipped: full: 1 connections, upper threshold 1)\n" +
        "        10.1.0.12:80  weight 0, active 0, inactive 0, load 0  (skipped: weight 0)\n" +
        "      > 10.1.0.11:80  weight 1, active 0, inactive 0, load 0\n",
    );
  });
});
