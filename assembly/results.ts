import { ByteBuffer } from "./memory/byte-buffer";
import { endings, events, frames, totals } from "./trace/output";

export { pathCount, pathNodes } from "./trace/path";

/** The three buffers that the host drains. */
export enum Output {
  Endings = 0,
  Frames = 1,
  Events = 2,
}

/** Address of a buffer's `ByteBuffer` record: start and used bytes. */
export function outputAddress(output: Output): usize {
  return changetype<usize>(bufferOf(output));
}

/** Empties all buffers; call it when everything has been read. */
export function clearOutputs(): void {
  endings.clear();
  frames.clear();
  events.clear();
}

export function totalsAddress(): usize {
  return changetype<usize>(totals);
}

function bufferOf(output: Output): ByteBuffer {
  if (output == Output.Endings) return endings;
  return output == Output.Frames ? frames : events;
}
