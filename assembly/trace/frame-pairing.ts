import { Fate } from "../abi/fate";
import { allocate } from "../memory/allocate";
import { ENDING_SIZE, Ending, endings, frames, OutputFrame } from "./output";

/**
 * Finds the ending of the packet that each frame is of, as the host does (src/report/paired-outputs.ts). Both are in the order in which
 * they came about, and have the number of the packet of the capture; those of one number lie together. Where a packet made several
 * frames that left by one device (copies, ICMP errors), frames and endings pair off in their order; fragments of one packet have
 * its one ending.
 */
@unmanaged
export class FramePairing {
  /** Number that the present group is of, and where its frames begin in their buffer. */
  private number: u32;
  private firstFrame: u32;
  /** Where the group's endings begin and end in their buffer. */
  private firstEnding: u32;
  private lastEnding: u32;
  /** The ending whose turn it is while frames and endings go in step. */
  private turn: u32;
  private isInStep: bool;
  private hasGroup: bool;
  /** The frame whose ending is asked for. */
  private frame: u32;

  static create(): FramePairing {
    return changetype<FramePairing>(allocate(offsetof<FramePairing>()));
  }

  /** The buffers have been filled anew. */
  begin(): void {
    this.frame = 0;
    this.lastEnding = 0;
    this.hasGroup = false;
  }

  /** The next frame is asked for. */
  next(): void {
    const frame = changetype<OutputFrame>(frames.start + this.frame);
    this.frame += frame.size;
    if (this.isInStep) this.turn += ENDING_SIZE;
  }

  /** @param frame the one whose turn it is. */
  endingOf(frame: OutputFrame): Ending | null {
    if (!this.hasGroup || frame.number != this.number) this.startGroup(frame.number);
    if (this.isInStep) {
      while (this.turn < this.lastEnding && !hasLeft(endingAt(this.turn))) this.turn += ENDING_SIZE;
      if (this.turn < this.lastEnding && endingAt(this.turn).device == <u16>frame.device) return endingAt(this.turn);
      this.isInStep = false;
    }
    return this.nthOf(frame.device, this.framesBefore(frame.device));
  }

  private startGroup(number: u32): void {
    this.hasGroup = true;
    this.number = number;
    this.firstFrame = this.frame;
    this.isInStep = true;
    let at = this.lastEnding;
    while (at < endings.used && endingAt(at).number != number) at += ENDING_SIZE;
    if (at == endings.used) at = this.lastEnding;
    this.firstEnding = at;
    this.turn = at;
    while (at < endings.used && endingAt(at).number == number) at += ENDING_SIZE;
    this.lastEnding = at;
  }

  /** Frames of the group before this one that left by the device. */
  private framesBefore(device: u32): u32 {
    let count: u32 = 0;
    for (let at = this.firstFrame; at < this.frame; ) {
      const frame = changetype<OutputFrame>(frames.start + at);
      if (frame.device == device) count += 1;
      at += frame.size;
    }
    return count;
  }

  /** The group's ending with the device that has so many before it, or the last; null where there is none. */
  private nthOf(device: u32, n: u32): Ending | null {
    let found: Ending | null = null;
    let count: u32 = 0;
    for (let at = this.firstEnding; at < this.lastEnding && count <= n; at += ENDING_SIZE) {
      const ending = endingAt(at);
      if (!hasLeft(ending) || ending.device != <u16>device) continue;
      found = ending;
      count += 1;
    }
    return found;
  }
}

function endingAt(at: u32): Ending {
  return changetype<Ending>(endings.start + at);
}

function hasLeft(ending: Ending): bool {
  return ending.fate == <u8>Fate.Sent || ending.fate == <u8>Fate.Delivered;
}
