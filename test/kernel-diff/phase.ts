import type { RecordedScenario } from "../conformance/corpus.ts";
import { type Outcome, runScenario } from "../conformance/outcome.ts";

const SECTION_HEADER = 0x0a0d0d0a;
const ENHANCED_PACKET = 6;
const BYTE_ORDER = 0x1a2b3c4d;
const STEP_NS = 2_000_000n;
/** A slot of a timer of three seconds, where a second has a hundred ticks. */
const SLOT_NS = 80_000_000n;

/**
 * Replays a scenario in which timers of reassembly or of IPVS matter. Which of them share a slot of the timer wheel depends on the moment
 * at which the guest booted, and no recording tells it: a scenario agrees with the kernel if it does for one such moment,
 * the same for all of its packets.
 * @returns the outcome for that moment, else the one for the capture's own clock.
 */
export async function runInSomePhase(scenario: RecordedScenario): Promise<Outcome> {
  const own = await runScenario(scenario);
  for (let ns = STEP_NS; own.differences.length > 0 && ns < SLOT_NS; ns += STEP_NS) {
    const outcome = await runScenario(laterBy(scenario, ns));
    if (outcome.differences.length === 0) return outcome;
  }
  return own;
}

/** The scenario with all its packets so much later. */
export function laterBy(scenario: RecordedScenario, ns: bigint): RecordedScenario {
  const capture = scenario.node.get("in.pcapng")!;
  return { ...scenario, node: new Map(scenario.node).set("in.pcapng", captureLaterBy(capture, ns)) };
}

/** @param file a capture as the recorder writes it: with timestamps in nanoseconds. */
function captureLaterBy(file: Uint8Array, ns: bigint): Uint8Array {
  const moved = file.slice();
  const view = new DataView(moved.buffer);
  let little = true;
  for (let at = 0; at + 12 <= moved.length; at += view.getUint32(at + 4, little)) {
    const type = view.getUint32(at, little);
    if (type === SECTION_HEADER) little = view.getUint32(at + 8, true) === BYTE_ORDER;
    if (type !== ENHANCED_PACKET) continue;
    const time = ((BigInt(view.getUint32(at + 12, little)) << 32n) | BigInt(view.getUint32(at + 16, little))) + ns;
    view.setUint32(at + 12, Number(time >> 32n), little);
    view.setUint32(at + 16, Number(time & 0xffffffffn), little);
  }
  return moved;
}
