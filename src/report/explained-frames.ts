import type { Emulator } from "../engine/emulator.ts";
import type { Ending, OutputFrame } from "../engine/outputs.ts";
import { PathReader, pathNames } from "../trace/path.ts";
import { FrameWriter } from "./frames.ts";
import type { PairedSink } from "./paired-outputs.ts";

/** As {@link FrameWriter}; each packet says in a comment before `in=N` which way it took. */
export class ExplainedFrameWriter implements PairedSink {
  readonly #writer: FrameWriter;
  readonly #paths: PathReader;
  readonly #comments = new Map<number, readonly string[]>();

  constructor(emulator: Emulator, write: (piece: Uint8Array) => void) {
    this.#writer = new FrameWriter(emulator.node.interfaces, write);
    this.#paths = new PathReader(emulator.core, pathNames(emulator.loaded));
  }

  frame(frame: OutputFrame, ending: Ending | undefined): void {
    this.#writer.write(frame, ending && this.#commentsOf(ending.path));
  }

  end(): void {
    this.#writer.end();
  }

  #commentsOf(path: number): readonly string[] {
    let comments = this.#comments.get(path);
    if (!comments) {
      comments = [this.#paths.words(path).join(" > ")];
      this.#comments.set(path, comments);
    }
    return comments;
  }
}
