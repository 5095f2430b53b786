import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type CapturePacket, inTimeOrder, PcapngWriter, readCapture, TimeMerge } from "../../src/capture/index.ts";
import { readAll } from "./support.ts";

const MS = 1_000_000n;

function capture(interfaces: number, timesMs: readonly number[]): Uint8Array<ArrayBuffer> {
  const writer = new PcapngWriter(Array.from({ length: interfaces }, (_, i) => ({ name: `eth${i}`, linkType: 1 })));
  for (const [i, ms] of timesMs.entries()) {
    // Where the halves of a time meet: 2^32 ns are about 4.3 s.
    const ns = 4_290_000_000n + BigInt(ms) * MS;
    const [timeHigh, timeLow] = [Number(ns >> 32n), Number(ns & 0xffff_ffffn)];
    writer.write({ interface: i % interfaces, timeHigh, timeLow, bytes: Uint8Array.of(i), wireLength: 1 });
  }
  return writer.take();
}

async function merged(file: Uint8Array, windowSeconds?: number) {
  const merge = new TimeMerge();
  const packets: CapturePacket[] = [];
  for await (const batch of inTimeOrder(readCapture(file), merge, windowSeconds)) packets.push(...batch);
  return { numbers: packets.map(({ number }) => number), moved: merge.moved, stepsBack: merge.stepsBack };
}

/** The definition, one packet at a time: what is a window old goes on, in order of time, before the next is taken. */
function slowly(times: readonly number[], window: number): number[] {
  const out: number[] = [];
  let waiting: { time: number; number: number }[] = [];
  let latest = Number.NEGATIVE_INFINITY;
  const release = (until: number) => {
    waiting.sort((a, b) => a.time - b.time || a.number - b.number);
    out.push(...waiting.filter(({ time }) => time <= until).map(({ number }) => number));
    waiting = waiting.filter(({ time }) => time > until);
  };
  for (const [i, time] of times.entries()) {
    latest = Math.max(latest, time);
    waiting.push({ time, number: i + 1 });
    release(latest - window);
  }
  release(Number.POSITIVE_INFINITY);
  return out;
}

describe("packets of several interfaces", () => {
  it("are merged by time, those of equal time in the order of the file", async () => {
    expect(await merged(capture(2, [0, 300, 100, 300, 200, 900]))).toEqual({
      numbers: [1, 3, 5, 2, 4, 6],
      moved: 2,
      stepsBack: 0,
    });
  });

  it("further back than the window step back and are counted", async () => {
    expect(await merged(capture(2, [0, 2500, 100, 2600]))).toEqual({ numbers: [1, 3, 2, 4], moved: 1, stepsBack: 1 });
  });

  it("stay as they are where the window is 0", async () => {
    expect(await merged(capture(2, [0, 300, 100, 300]), 0)).toEqual({ numbers: [1, 2, 3, 4], moved: 0, stepsBack: 1 });
  });

  it("of one interface stay as they are, and steps back are counted", async () => {
    expect(await merged(capture(1, [5, 3, 4, 6]))).toEqual({ numbers: [1, 2, 3, 4], moved: 0, stepsBack: 2 });
  });

  it("come in the same order however they are batched, and as the definition has it", async () => {
    const times = fc.array(fc.nat(3000), { maxLength: 40 });
    await fc.assert(
      fc.asyncProperty(times, fc.integer({ min: 1, max: 10 }), fc.nat(1500), async (timesMs, batch, windowMs) => {
        const { packets } = await readAll(capture(3, timesMs));
        const merge = new TimeMerge();
        merge.windowSeconds = windowMs / 1000;
        const out: CapturePacket[] = [];
        for (let at = 0; at < packets.length; at += batch) out.push(...merge.push(packets.slice(at, at + batch)));
        out.push(...merge.end());
        expect(out.map(({ number }) => number)).toEqual(slowly(timesMs, windowMs));
      }),
    );
  });
});

it("a damaged capture gives what waits before its error", async () => {
  const file = capture(2, [0, 300, 100, 500]);
  const numbers: number[] = [];
  const read = async () => {
    for await (const batch of inTimeOrder(readCapture(file.subarray(0, -1)), new TimeMerge())) {
      numbers.push(...batch.map(({ number }) => number));
    }
  };
  await expect(read()).rejects.toMatchObject({ code: "ERR_CAPTURE_TRUNCATED" });
  expect(numbers).toEqual([1, 3, 2]);
});
