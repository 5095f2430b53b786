import { describe, expect, it } from "vitest";
import { ExplainedFrameWriter, type OutputSink, PairedOutputs, parseNode, replay, Summary } from "../../src/index.ts";
import { GROUPS, type RecordedScenario, readGroup } from "../conformance/corpus.ts";

/** The file of a run, and how many packets took each path. */
async function written({ node: files }: RecordedScenario, isByCore: boolean) {
  const pieces: Uint8Array[] = [];
  let end = () => {};
  let summary: Summary | undefined;
  const replayed = await replay(parseNode(files), files.get("in.pcapng")!, {
    observe: (emulator): OutputSink[] => {
      const writer = new ExplainedFrameWriter(emulator, (piece) => void pieces.push(piece));
      const counted = new Summary(emulator);
      summary = counted;
      if (isByCore) {
        end = () => writer.end();
        return [writer, counted];
      }
      const paired = new PairedOutputs({
        frame: (frame, ending) => writer.chosen(frame, ending),
        ending: (ending) => counted.chosen(ending),
      });
      end = () => {
        paired.end();
        writer.end();
      };
      return [paired];
    },
  });
  end();
  const report = summary!.report(replayed.records, replayed.passedOver, replayed.notes);
  return { file: Buffer.concat(pieces), report };
}

describe("packets with the comment on their path", () => {
  it.each(GROUPS)(
    "are written by the core as by the host, and paths counted, for every scenario of %s",
    {
      timeout: 120_000,
    },
    async (group) => {
      for (const scenario of readGroup(group)) {
        const [core, host] = [await written(scenario, true), await written(scenario, false)];
        expect(core.report, scenario.id).toEqual(host.report);
        expect(core.file.equals(host.file), scenario.id).toBe(true);
      }
    },
  );
});
