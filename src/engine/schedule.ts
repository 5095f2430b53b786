import type { TimedCommand } from "../config/timeline.ts";
import type { NodeEvent } from "../model/node.ts";

const NS_PER_SECOND = 1e9;
const TWO_TO_32 = 2 ** 32;
const NEVER = Number.POSITIVE_INFINITY;

/** A command whose turn has come. */
export interface DueCommand {
  readonly command: string;
  readonly file: string;
  readonly line: number;
  /** Time to let pass before it runs; undefined: none. */
  readonly timeNs?: bigint;
}

/** Commands that wait for a packet's number (a scenario's events) or for a time (a timeline). */
export class Schedule {
  readonly #events: readonly NodeEvent[];
  readonly #timeline: readonly TimedCommand[];
  readonly #startNs: bigint;
  readonly #startHigh: number;
  readonly #startLow: number;
  #nextEvent = 0;
  #nextTimed = 0;
  /** Number of the packet, and nanoseconds after the start, at which something is due. */
  #dueNumber: number;
  #dueNs: number;

  constructor(events: readonly NodeEvent[], timeline: readonly TimedCommand[], startNs: bigint) {
    this.#events = [...events].sort((a, b) => a.before - b.before);
    this.#timeline = timeline;
    this.#startNs = startNs;
    this.#startHigh = Number(startNs >> 32n);
    this.#startLow = Number(startNs & 0xffffffffn);
    this.#dueNumber = this.#events[0]?.before ?? NEVER;
    this.#dueNs = nsOf(timeline[0]);
  }

  /** Is a command due before this packet? */
  isDue(number: number, timeHigh: number, timeLow: number): boolean {
    return number >= this.#dueNumber || this.#elapsed(timeHigh, timeLow) >= this.#dueNs;
  }

  /** The commands that are due before this packet, in order. */
  *take(number: number, timeHigh: number, timeLow: number): Generator<DueCommand> {
    yield* this.#takeTimed(this.#elapsed(timeHigh, timeLow));
    yield* this.#takeEvents(number);
  }

  /** All that is left, when the capture is over. */
  *rest(): Generator<DueCommand> {
    yield* this.#takeEvents(NEVER);
    yield* this.#takeTimed(NEVER);
  }

  *#takeEvents(number: number): Generator<DueCommand> {
    while (this.#dueNumber <= number && this.#dueNumber !== NEVER) {
      yield { command: this.#events[this.#nextEvent++]!.command, file: "scenario.json", line: 1 };
      this.#dueNumber = this.#events[this.#nextEvent]?.before ?? NEVER;
    }
  }

  *#takeTimed(elapsedNs: number): Generator<DueCommand> {
    while (this.#dueNs <= elapsedNs && this.#dueNs !== NEVER) {
      const { command, at } = this.#timeline[this.#nextTimed++]!;
      yield { command, file: at.file, line: at.line, timeNs: this.#startNs + BigInt(this.#dueNs) };
      this.#dueNs = nsOf(this.#timeline[this.#nextTimed]);
    }
  }

  #elapsed(timeHigh: number, timeLow: number): number {
    return (timeHigh - this.#startHigh) * TWO_TO_32 + (timeLow - this.#startLow);
  }
}

function nsOf(command: TimedCommand | undefined): number {
  return command ? Math.round(command.seconds * NS_PER_SECOND) : NEVER;
}
