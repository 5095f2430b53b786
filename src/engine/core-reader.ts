import { type CaptureInterface, type CaptureSource, windowOf } from "../capture/index.ts";
import type { Core } from "../core/core.ts";
import { InputRecordLayout, MergeTotalsLayout } from "../core/layout.generated.ts";
import { getBigInt, getNumber } from "../core/record.ts";
import { Intake } from "./intake.ts";

const NS_PER_SECOND = 1e9;

/** Packet records of a capture in the core's memory, in the order in which they are to run. */
export interface ReleasedRecords {
  /** Address of the first. */
  readonly records: number;
  readonly count: number;
  /** Time of the first, in nanoseconds. */
  readonly startNs: bigint;
}

/** Reads a capture inside the core and merges its packets by time there: what `readCapture` and `inTimeOrder` do with objects. */
export class CoreReader {
  readonly #core: Core;
  readonly #intake: Intake;

  constructor(core: Core) {
    this.#core = core;
    this.#intake = new Intake(core);
  }

  get interfaces(): readonly CaptureInterface[] {
    return this.#intake.parser.interfaces;
  }

  /** Packets that were lost while capturing. */
  get lost(): number {
    return this.#intake.parser.lost;
  }

  /** Packets that were put before one that stood before them in the file, and those that still lie behind a later one. */
  get merged(): { readonly moved: number; readonly stepsBack: number } {
    const view = new DataView(this.#core.memory.buffer);
    const totals = this.#core.mergeTotalsAddress();
    const { moved, stepsBack } = MergeTotalsLayout;
    return { moved: getNumber(view, totals, moved), stepsBack: getNumber(view, totals, stepsBack) };
  }

  /** Records in lots; those of one are gone when the next is asked for. A damaged capture gives all its packets, then its error. */
  async *released(source: CaptureSource, windowSeconds: number | undefined): AsyncGenerator<ReleasedRecords> {
    const core = this.#core;
    let failure: { readonly error: unknown } | undefined;
    try {
      for await (const _ of this.#intake.read(source)) {
        const windowNs = Math.round(windowOf(this, windowSeconds) * NS_PER_SECOND);
        yield* this.#lot(core.mergeRecords(windowNs));
      }
    } catch (error) {
      failure = { error };
    }
    yield* this.#lot(core.mergeRest());
    if (failure) throw failure.error;
  }

  *#lot(count: number): Generator<ReleasedRecords> {
    if (count === 0) return;
    const records = this.#core.releasedRecords(count);
    const startNs = getBigInt(new DataView(this.#core.memory.buffer), records, InputRecordLayout.timeNs);
    yield { records, count, startNs };
  }
}
