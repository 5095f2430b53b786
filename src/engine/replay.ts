import { type CapturePacket, type CaptureSource, inTimeOrder, readCapture, TimeMerge } from "../capture/index.ts";
import { type Core, instantiateCore } from "../core/core.ts";
import { InputRecordLayout } from "../core/layout.generated.ts";
import { stride } from "../core/record.ts";
import type { Node } from "../model/node.ts";
import { Admission } from "./admission.ts";
import { Arrivals, type InterfaceChoice } from "./arrivals.ts";
import type { InputPacket } from "./chunk.ts";
import { CoreReader } from "./core-reader.ts";
import { Emulator, type EmulatorOptions } from "./emulator.ts";
import { Notes } from "./notes.ts";
import type { OutputSink } from "./outputs.ts";
import type { RepliesMode } from "./replies.ts";
import { type Feeder, type ObserveInput, Sides } from "./sides.ts";

/** How a capture is replayed. */
export interface ReplayOptions extends Omit<EmulatorOptions, "startNs"> {
  /** Where packets of the capture belong, where its interface names do not say it. */
  readonly interfaces?: readonly InterfaceChoice[];
  /** Who wants to see what comes out. Called once, when the node is loaded and before the first packet. */
  readonly observe?: (emulator: Emulator) => readonly OutputSink[];
  /** Chooses packets before they run, as `parseFilter` does; others are counted as passed over. Default: all. */
  readonly filter?: (packet: CapturePacket) => boolean;
  /** Called for every packet that is an input of the node, before it runs. */
  readonly onPacket?: (packet: CapturePacket) => void;
  /** Called now and then with the number of records read. */
  readonly onProgress?: (records: number) => void;
  /** Ends the run after the packets under way; what was done is reported all the same. */
  readonly signal?: AbortSignal;
  /**
   * Packets are merged by time within a window of so many seconds. Default: 1 where the capture has several interfaces,
   * else 0.
   */
  readonly reorder?: number;
  /** Replies of the capture: as they are (the default), from the servers that this run chooses, or left out. */
  readonly replies?: RepliesMode;
  /** Told of every packet of the capture that is input, before it goes in, and of its conversation. */
  readonly onInput?: ObserveInput;
  /**
   * Makes input of the records in place of the replay itself.
   *
   * @internal
   */
  readonly feeder?: (arrivals: Arrivals, emulator: Emulator) => Feeder;
  /** Stop after this record, at its time: what would come at the end of the capture does not. */
  readonly until?: number;
  /** Begin to record (`record`) only with this packet. Default: from the first one on. */
  readonly recordFrom?: number;
}

/** A run that is over. */
export interface Replayed {
  readonly emulator: Emulator;
  /** Records of the capture, those included that are no input. */
  readonly records: number;
  /** Records that are no input of the node, counted by what they are. */
  readonly passedOver: ReadonlyMap<string, number>;
  readonly interrupted: boolean;
  /** What was met and is not emulated, and what of the capture was odd: a line each. */
  readonly notes: readonly string[];
  /** The capture is damaged: everything before the place was used. */
  readonly damage?: Error;
}

const FILTERED = "left out by the filter";
const CAPTURE_ERROR = "CaptureError";
const RECORD_BYTES = stride(InputRecordLayout);

/**
 * Sends the packets of a capture through a node. The node's state counts as loaded at the time of the first packet.
 *
 * @throws ConfigError when the node has something that is not emulated; InterfaceError when packets cannot be given to an
 *   interface of the node; CaptureError when the capture has no packet that can be read.
 */
export async function replay(node: Node, capture: CaptureSource, options: ReplayOptions = {}): Promise<Replayed> {
  const run = new Replay(node, capture, options);
  for await (const _ of run.batches());
  return run.outcome;
}

/** A capture on its way through a node, batch by batch. */
export class Replay {
  readonly #node: Node;
  readonly #capture: CaptureSource;
  readonly #options: ReplayOptions;
  readonly #arrivals: Arrivals;
  readonly #notes = new Notes();
  #emulator: Emulator | undefined;
  #feeder: Feeder | undefined;
  /** What reading the capture has shown. */
  #facts = () => ({ moved: 0, stepsBack: 0, lost: 0 });
  #records = 0;
  #isDone = false;
  #damage: Error | undefined;

  constructor(node: Node, capture: CaptureSource, options: ReplayOptions = {}) {
    this.#node = node;
    this.#capture = capture;
    this.#options = options;
    this.#arrivals = new Arrivals(node, options.interfaces ?? []);
  }

  /** Runs it; yields whenever a batch of packets has gone through, and after what comes at the end. Iterate once. */
  async *batches(): AsyncGenerator<void> {
    try {
      for await (const _ of needsPackets(this.#node, this.#options) ? this.#packets() : this.#recordsInCore()) {
        yield;
        if (this.#isOver) break;
      }
    } catch (error) {
      if (!(error instanceof Error) || !this.#isEndOfInput(error)) throw error;
      if (error.name === CAPTURE_ERROR) this.#damage = error;
    }
    const emulator = this.#emulator ?? (await this.#start(0n));
    // Where a run stops at a record, its node is looked at as it then was.
    if (this.#isDone) emulator.runUntil(emulator.core.now());
    else {
      this.#feeder?.finish?.();
      emulator.finish();
    }
    yield;
  }

  /** How it went; ask when all batches have run. */
  get outcome(): Replayed {
    return {
      emulator: this.#emulator!,
      records: this.#records,
      passedOver: this.#arrivals.passedOver,
      interrupted: this.#options.signal?.aborted ?? false,
      notes: this.#noteLines(),
      damage: this.#damage,
    };
  }

  get #isOver(): boolean {
    return this.#isDone || this.#options.signal?.aborted === true;
  }

  /** Errors after which what was read is reported all the same. */
  #isEndOfInput({ name }: Error): boolean {
    if (name === "AbortError") return this.#options.signal?.aborted === true;
    return name === CAPTURE_ERROR && this.#records > 0;
  }

  async *#packets(): AsyncGenerator<void> {
    const reader = readCapture(this.#capture);
    const merge = new TimeMerge();
    this.#facts = () => ({ moved: merge.moved, stepsBack: merge.stepsBack, lost: reader.lost });
    for await (const packets of inTimeOrder(reader, merge, this.#options.reorder)) {
      await this.#run(packets);
      yield;
    }
  }

  async *#recordsInCore(): AsyncGenerator<void> {
    const core = await instantiateCore(this.#options.core);
    const reader = new CoreReader(core);
    const admission = new Admission(core, this.#arrivals, () => reader.interfaces);
    this.#facts = () => ({ ...reader.merged, lost: reader.lost });
    for await (const { records, count, startNs } of reader.released(this.#capture, this.#options.reorder)) {
      const emulator = this.#emulator ?? (await this.#start(startNs, core));
      const bytes = admission.admit(records, count) * RECORD_BYTES;
      this.#records = admission.records;
      if (bytes > 0) emulator.run(records, bytes);
      this.#options.onProgress?.(this.#records);
      yield;
    }
  }

  async #run(packets: readonly CapturePacket[]): Promise<void> {
    const emulator = this.#emulator ?? (await this.#start(packets[0]!.timeNs));
    const { until, recordFrom, record, onPacket, onProgress } = this.#options;
    this.#arrivals.learn(packets);
    this.#feeder?.learn?.(packets);
    for (const packet of packets) {
      this.#records = Math.max(this.#records, packet.number);
      if (packet.number === recordFrom) emulator.record(record ?? "none");
      const input = this.#inputOf(packet);
      if (input) {
        onPacket?.(packet);
        emulator.feed(input);
      }
      this.#isDone = packet.number === until;
      if (this.#isDone) break;
    }
    emulator.flush();
    onProgress?.(this.#records);
  }

  #inputOf(packet: CapturePacket): InputPacket | undefined {
    const { filter } = this.#options;
    if (filter && !filter(packet)) return this.#arrivals.passOver(FILTERED);
    return (this.#feeder ?? this.#arrivals).inputOf(packet);
  }

  /** @param core the one that reads the capture; undefined: a fresh one. */
  async #start(startNs: bigint, core?: Core): Promise<Emulator> {
    const { record, recordFrom } = this.#options;
    const options = { ...this.#options, record: recordFrom === undefined ? record : undefined, startNs };
    const emulator = Emulator.inCore(core ?? (await instantiateCore(options.core)), this.#node, options);
    this.#emulator = emulator;
    emulator.observe(this.#notes);
    for (const sink of this.#options.observe?.(emulator) ?? []) emulator.observe(sink);
    const { replies = "capture", onInput, feeder } = this.#options;
    if (feeder) this.#feeder = feeder(this.#arrivals, emulator);
    else if (replies !== "capture" || onInput) this.#feeder = new Sides(this.#arrivals, emulator, replies, onInput);
    return emulator;
  }

  #noteLines(): string[] {
    const { aggregates, partialChecksums } = this.#arrivals;
    const { moved, stepsBack, lost } = this.#facts();
    const counted: readonly (readonly [count: number, what: string])[] = [
      [moved, "stood behind later ones in the file: put in order of time"],
      [stepsBack, "lie behind a later one: their time counts as that one's"],
      [aggregates, "are larger than the MTU (TSO, GRO): several segments in one"],
      [partialChecksums, "have checksums that a card was to complete: taken as right"],
    ];
    const lines = counted.filter(([count]) => count > 0).map(([count, what]) => `${count} packets ${what}`);
    if (lost > 0) lines.push(`the capture lost ${lost} packets when it was taken: connections may look broken`);
    return [...this.#notes.lines(), ...lines, ...(this.#feeder?.noteLines() ?? [])];
  }
}

/** Does somebody look at packets one by one, or does something happen between them? Else the core reads the capture by itself. */
function needsPackets({ events }: Node, options: ReplayOptions): boolean {
  const { filter, onPacket, onInput, feeder, until, recordFrom, timeline = [], replies = "capture" } = options;
  const looks = [filter, onPacket, onInput, feeder, until, recordFrom].some((option) => option !== undefined);
  return looks || replies !== "capture" || events.length > 0 || timeline.length > 0;
}
