import { ByteBuffer } from "./memory/byte-buffer";
import { endings, events, frames, totals } from "./trace/output";
import { blocks } from "./trace/pcapng";

export { pathCount, pathNodes } from "./trace/path";
export { firstTally, tallyEndings } from "./trace/path-tallies";
export { setPathComment, writeBlocks, writeExplainedBlocks } from "./trace/pcapng";

/** The buffers that the host drains. */
export enum Output {
  Endings = 0,
  Frames = 1,
  Events = 2,
  /** The frames as blocks of a pcapng, once {@link writeBlocks} has written them. */
  Blocks = 3,
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
  blocks.clear();
}

export function totalsAddress(): usize {
  return changetype<usize>(totals);
}

function bufferOf(output: Output): ByteBuffer {
  if (output == Output.Endings) return endings;
  if (output == Output.Frames) return frames;
  return output == Output.Events ? events : blocks;
}
