import { describe, expect, it } from "vitest";
import { compareResults } from "./compare/index.ts";
import { masksOf } from "./compare/mask-names.ts";
import type { ResultFiles } from "./compare/results.ts";
import { type RecordedScenario, selectScenarios } from "./corpus.ts";
import { Dice, mutate } from "./mutate.ts";

const [scenario] = selectScenarios(["kube/cluster-ip-ipvs"]) as [RecordedScenario];
const recorded = scenario.expected;

function withText(name: string, edit: (text: string) => string): ResultFiles {
  const text = new TextDecoder().decode(recorded.get(name));
  return new Map(recorded).set(name, new TextEncoder().encode(edit(text)));
}

function differences(actual: ResultFiles, ...masks: string[]): string[] {
  return compareResults(recorded, actual, masksOf(masks)).map(({ file, text }) => `${file}: ${text.split("\n", 1)[0]}`);
}

/** The recorded packets with one byte of the first one changed; offsets count from its link header. */
function withPacketByte(offset: number): ResultFiles {
  const bytes = Uint8Array.from(recorded.get("out.pcapng")!);
  const view = new DataView(bytes.buffer);
  let at = 0;
  while (view.getUint32(at, true) !== 6) at += view.getUint32(at + 4, true);
  bytes[at + 28 + offset]! ^= 0x40;
  return new Map(recorded).set("out.pcapng", bytes);
}

describe("a comparison of results", () => {
  it("finds nothing between a recording and itself", () => {
    expect(differences(recorded)).toEqual([]);
  });

  it("says which input packet and which field differ", () => {
    expect(differences(withPacketByte(0))).toEqual(["out.pcapng: packet 1, eth0: differs in destination MAC"]);
    expect(differences(withPacketByte(14 + 8))[0]).toMatch(/^out\.pcapng: packet 1, eth0: differs in TTL \(byte 8 /);
    expect(differences(withPacketByte(14 + 20 + 16))[0]).toContain("differs in TCP checksum (byte 36 ");
  });

  it("demands a right header checksum where the identification is the kernel's choice", () => {
    expect(differences(withPacketByte(14 + 5), "ip-id")).toEqual([
      "out.pcapng: packet 1, eth0: bad IPv4 header checksum",
    ]);
  });

  it("allows a remaining time to be five seconds off, and no more", () => {
    const later = (seconds: number) =>
      withText("conntrack.txt", (text) =>
        text.replace(/(tcp +6 )(\d+)/, (_, head: string, time: string) => `${head}${Number(time) + seconds}`),
      );
    expect(differences(later(5))).toEqual([]);
    expect(differences(later(6))[0]).toMatch(/^conntrack\.txt: timeout expected \d+, got \d+: ipv4 tcp /);
    expect(differences(later(6), "timeouts")).toEqual([]);
  });

  it("takes conntrack, IPVS and ipset lines in any order", () => {
    const reversed = withText("conntrack.txt", (text) => `${text.trimEnd().split("\n").reverse().join("\n")}\n`);
    expect(differences(reversed)).toEqual([]);
  });

  it("shows the likely counterpart of a missing line", () => {
    const [found] = compareResults(
      recorded,
      withText("ipvs.conns", (text) => text.replace("ESTABLISHED", "SYN_RECV")),
      new Set(),
    );
    expect(found!.text.split("\n    ")).toEqual([
      "expected 1, got 0 of:",
      "expected TCP ESTABLISHED 10.134.153.20:40021 10.96.0.12:443 10.250.163.12:8443",
      "got      TCP SYN_RECV 10.134.153.20:40021 10.96.0.12:443 10.250.163.12:8443",
    ]);
  });

  it("names what was not written", () => {
    const less = new Map(recorded);
    less.delete("ipvs.stats");
    expect(differences(less)).toEqual(["ipvs.stats: was not written"]);
    expect(differences(less, "ipvs-stats")).toEqual([]);
  });

  it("puts the earliest packet first", () => {
    const verdicts = withText("verdicts.json", (text) => JSON.stringify((JSON.parse(text) as unknown[]).with(3, [])));
    const both = new Map(verdicts).set("out.pcapng", withPacketByte(14 + 8).get("out.pcapng")!);
    expect(compareResults(recorded, both, new Set()).map(({ packet }) => packet)).toEqual([1, 4]);
  });

  it("refuses a mask that it does not know", () => {
    expect(() => masksOf(["ip-ids"])).toThrow("unknown mask ip-ids");
  });

  it("never fails on damaged results", () => {
    const dice = new Dice(1);
    for (let i = 0; i < 50; i++) {
      expect(Array.isArray(compareResults(recorded, mutate(recorded, dice), new Set()))).toBe(true);
    }
  });
});
