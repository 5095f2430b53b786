import type { Emulator } from "../engine/emulator.ts";
import type { Ending, OutputFrame, OutputSink } from "../engine/outputs.ts";
import { PathReader, pathNames } from "../trace/path.ts";
import { FrameWriter } from "./frames.ts";

/**
 * As {@link FrameWriter}; each packet says in a comment before `in=N` which way it took. It is a sink of the emulator's for all
 * packets, and gets chosen ones by {@link ExplainedFrameWriter.chosen}.
 */
export class ExplainedFrameWriter implements OutputSink {
  readonly #writer: FrameWriter;
  readonly #paths: PathReader;
  readonly #comments = new Map<number, readonly string[]>();

  /** @param write and options as of {@link FrameWriter}. */
  constructor(emulator: Emulator, write: (piece: Uint8Array) => void, options: { readonly isBorrowed?: boolean } = {}) {
    this.#writer = new FrameWriter(emulator.node.interfaces, write, options);
    this.#paths = new PathReader(emulator.core, pathNames(emulator.loaded));
  }

  blocks(blocks: Uint8Array): void {
    this.#writer.blocks(blocks);
  }

  commentOn(path: number): string {
    return this.#paths.words(path).join(" > ");
  }

  /** One packet. */
  chosen(frame: OutputFrame, ending: Ending | undefined): void {
    this.#writer.write(frame, ending && this.#commentsOf(ending.path));
  }

  /** Writes what still waits. */
  end(): void {
    this.#writer.end();
  }

  #commentsOf(path: number): readonly string[] {
    let comments = this.#comments.get(path);
    if (!comments) {
      comments = [this.commentOn(path)];
      this.#comments.set(path, comments);
    }
    return comments;
  }
}
