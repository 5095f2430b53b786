import { describe, expect, it } from "vitest";
import { Origin } from "../../assembly/abi/netfilter.ts";
import { parseNode } from "../../src/index.ts";
import type { Step, Walk } from "../../src/trace/explain.ts";
import { explainReplay } from "../../src/trace/explain-packets.ts";
import { PathReader, pathNames } from "../../src/trace/path.ts";
import { type RecordedScenario, selectScenarios } from "./corpus.ts";

type IpvsStep = Extract<Step, { readonly step: "ipvs" }>;

/** What a scenario's explanations say of servers, and what the packets show. */
interface Findings {
  /** Packets whose explained server is the one that they were rewritten to, or from. */
  confirmed: number;
  readonly contradictions: string[];
  /** Explained choices of schedulers. */
  choices: number;
}

/** Replays with recording on, and holds every explained server against the packet's new headers and against its path. */
async function findings({ id, node: files }: RecordedScenario): Promise<Findings> {
  const found: Findings = { confirmed: 0, contradictions: [], choices: 0 };
  const wordsOf = new Map<number, string[]>();
  const explanations = await explainReplay(
    parseNode(files),
    files.get("in.pcapng")!,
    {
      observe: (emulator) => {
        const reader = new PathReader(emulator.core, pathNames(emulator.loaded));
        return [
          {
            ending: ({ number, origin, path }) => {
              if (origin !== Origin.Kernel) wordsOf.set(number, reader.words(path));
            },
          },
        ];
      },
    },
    () => true,
  );
  for (const { packet, walks } of explanations) {
    for (const walk of walks) checkWalk(`${id} packet ${packet}`, walk, found);
    const servers = walks[0]!.steps.flatMap((step) => (step.step === "ipvs" && step.server ? [step.server] : []));
    const inPath = (wordsOf.get(packet) ?? []).flatMap((word) => /^server (.*)/.exec(word)?.[1] ?? []);
    if (servers.join() !== inPath.join()) found.contradictions.push(`${id} packet ${packet}: ${servers} but ${inPath}`);
  }
  return found;
}

function checkWalk(where: string, { headers, steps }: Walk, found: Findings): void {
  for (const [i, step] of steps.entries()) {
    const next = steps[i + 1];
    if (step.step === "schedule") {
      checkChoice(where, step, next, found);
      continue;
    }
    if (step.step !== "ipvs" || !step.server || next?.step !== "change") continue;
    const ends = next.changes.flatMap(({ field, from, to }) => {
      if (field === "destination") return [to];
      return field === "source" ? [from] : [];
    });
    if (ends.length === 0) continue;
    const isWrapped = next.changes.some(({ field }) => field === "length");
    // An ICMP error may come from a router on the way to the server.
    const isError = headers?.protocol.startsWith("ICMP");
    const isConfirmed =
      isOfService(next, step) && (isError || ends.some((end) => isServer(end, step.server!, isWrapped)));
    if (isConfirmed) found.confirmed++;
    else found.contradictions.push(`${where}: ${step.service} > ${step.server}, but ${JSON.stringify(next.changes)}`);
  }
}

/** The server that was chosen gets the packet, and no other of those considered had a smaller load for its weight. */
function checkChoice(
  where: string,
  { scheduler, chosen, candidates }: Extract<Step, { readonly step: "schedule" }>,
  next: Step | undefined,
  found: Findings,
): void {
  found.choices += 1;
  if (chosen === undefined) return;
  if (next?.step !== "ipvs" || next.server !== chosen) found.contradictions.push(`${where}: ${chosen} gets nothing`);
  if (scheduler !== "wlc" && scheduler !== "lc" && scheduler !== "sed") return;
  const cost = ({ load = 0, weight }: (typeof candidates)[number]) => load / (scheduler === "lc" ? 1 : weight);
  const best = candidates.find(({ server }) => server === chosen)!;
  const better = candidates.find((each) => each.skipped === undefined && cost(each) < cost(best));
  if (better) found.contradictions.push(`${where}: ${scheduler} took ${chosen} instead of ${better.server}`);
}

/** ICMP errors and the outside of tunnels do not have the server's port; one of port 0 takes packets at that they had. */
function isServer(end: string, server: string, isWrapped: boolean): boolean {
  if (end === server) return true;
  const hasNoPort = isWrapped || server.endsWith(":0") || hostOf(end) === end;
  return hasNoPort && hostOf(end) === hostOf(server);
}

function isOfService(change: Extract<Step, { readonly step: "change" }>, { service }: IpvsStep): boolean {
  const address = service?.split(" ")[1];
  if (service === undefined || service.startsWith("FWM") || address === undefined) return true;
  return change.changes.some(({ from, to }) =>
    [from, to].some((end) => end === address || hostOf(end) === hostOf(address)),
  );
}

function hostOf(end: string): string {
  const [, bracketed, plain] = /^(?:\[(.*)\]|([^:]*)):[0-9]+$/.exec(end) ?? [];
  return bracketed ?? plain ?? end;
}

describe("what an explanation says of IPVS", () => {
  it.each(["ipvs", "kube"])("is what happened to the packets, in all recordings of %s", async (group) => {
    const all: Findings[] = [];
    for (const scenario of selectScenarios([group])) all.push(await findings(scenario));
    expect(all.flatMap(({ contradictions }) => contradictions)).toEqual([]);
    expect(all.reduce((sum, { confirmed }) => sum + confirmed, 0)).toBeGreaterThan(300);
    expect(all.reduce((sum, { choices }) => sum + choices, 0)).toBeGreaterThan(100);
  });
});
