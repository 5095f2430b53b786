import { describe, expect, it } from "vitest";
import { explainPacket, explanationText, parseNode } from "../../src/index.ts";
import { selectScenarios } from "../conformance/corpus.ts";

/** Lines of a packet's explanation that tell of helpers and of shifted numbers. */
async function linesOf(scenario: string, packet: number): Promise<string[]> {
  const [{ node }] = selectScenarios([scenario]) as [ReturnType<typeof selectScenarios>[number]];
  const explained = await explainPacket(parseNode(node), node.get("in.pcapng")!, packet);
  const lines = explanationText(packet, explained?.walks ?? []).split("\n");
  return lines.map((line) => line.trim()).filter((line) => /^(helper|sequence number|acknowledgement) /.test(line));
}

// What is expected, and by how much numbers are shifted, is what the recordings have: helpers/ftp-snat-active and others.
describe("an explanation", () => {
  it.each([
    ["helpers/ftp-snat-active", 6, ["helper ftp does not read it: it does not begin where a line does"]],
    ["helpers/ftp-snat-active", 7, ["helper ftp reads it: it announces no connection"]],
    [
      "helpers/ftp-snat-active",
      10,
      [
        "helper ftp expects a connection (PORT 10.1.0.2:50000): TCP 10.2.0.2 > 10.2.0.200:50000, and writes that anew: length 62 becomes 64",
      ],
    ],
    [
      "helpers/ftp-snat-active",
      11,
      ["helper ftp reads it: it announces no connection", "acknowledgement 1049 becomes 1047"],
    ],
    ["helpers/ftp-snat-active", 12, ["sequence number 1047 becomes 1049"]],
    ["helpers/expectations-listed-v6", 6, ["helper ftp does not read it: it does not begin where a line does"]],
  ])("of %s, packet %i, says what the helper found", async (scenario, packet, lines) => {
    expect(await linesOf(scenario, packet)).toEqual(lines);
  });

  it("says what a TFTP request makes expected", async () => {
    const lines = await Promise.all([...Array(20).keys()].map((i) => linesOf("helpers/tftp", i + 1)));
    expect(lines.flat()[0]).toMatch(/^helper tftp expects a connection \(a request\): UDP \S+ > \S+:\d+$/);
  });
});
