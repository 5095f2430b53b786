import type { CaptureSource } from "../capture/index.ts";
import type { Place } from "../engine/conversations.ts";
import type { Emulator } from "../engine/emulator.ts";
import { Replay, type Replayed, type ReplayOptions } from "../engine/replay.ts";
import type { Node } from "../model/node.ts";
import { LinearCost } from "../trace/linear-cost.ts";
import { pathNames } from "../trace/path.ts";
import { type Asked, askedOf, type Outcome, Outcomes } from "./outcome.ts";
import { Ways } from "./steps.ts";

/** A packet of the capture on one node. */
export interface Passed {
  readonly asked: Asked;
  readonly place: Place | undefined;
  /** undefined: it did not go in, as a reply that nobody sends in this run. */
  readonly outcome: Outcome | undefined;
}

/** One of the two nodes, while the capture runs through it. */
export class Side {
  readonly #run: Replay;
  readonly #batches: AsyncGenerator<void>;
  #emulator: Emulator | undefined;
  #outcomes: Outcomes | undefined;
  #ways: Ways | undefined;
  #cost: LinearCost | undefined;
  /** Packets whose outcomes have not been taken. */
  #waiting: { readonly asked: Asked; readonly place: Place | undefined }[] = [];

  constructor(node: Node, capture: CaptureSource, options: ReplayOptions) {
    this.#run = new Replay(node, capture, {
      ...options,
      observe: (emulator) => {
        this.#emulator = emulator;
        this.#outcomes = new Outcomes(emulator);
        return [this.#outcomes];
      },
      onInput: (input, fields, place) => {
        const asked = askedOf(input, fields);
        this.#outcomes!.expect(asked);
        this.#waiting.push({ asked, place });
      },
    });
    this.#batches = this.#run.batches();
  }

  /** Runs the next batch. @returns whether the run is over. */
  async advance(): Promise<boolean> {
    return (await this.#batches.next()).done === true;
  }

  /** The packets of the batch that has run. */
  take(): Passed[] {
    const passed = this.#waiting.map((each) => ({ ...each, outcome: this.#outcomes!.take(each.asked.number) }));
    this.#waiting = [];
    return passed;
  }

  get outcome(): Replayed {
    return this.#run.outcome;
  }

  get emulator(): Emulator {
    return this.#emulator!;
  }

  get ways(): Ways {
    this.#ways ??= new Ways(this.emulator.core, pathNames(this.emulator.loaded));
    return this.#ways;
  }

  /** Rules that the kernel evaluates for a packet. */
  rulesOf({ path }: Outcome): number {
    this.#cost ??= new LinearCost(this.ways.reader);
    return this.#cost.rulesOf(path);
  }
}
