import { type CapturePacket, type CaptureSource, inTimeOrder, readCapture, TimeMerge } from "../capture/index.ts";
import type { Node } from "../model/node.ts";
import { Arrivals, type InterfaceChoice } from "./arrivals.ts";
import { Emulator, type EmulatorOptions } from "./emulator.ts";
import { Notes } from "./notes.ts";
import type { OutputSink } from "./outputs.ts";

export interface ReplayOptions extends Omit<EmulatorOptions, "startNs"> {
  /** Where packets of the capture belong, where its interface names do not say it. */
  readonly interfaces?: readonly InterfaceChoice[];
  /** Who wants to see what comes out. Called once, when the node is loaded and before the first packet. */
  readonly observe?: (emulator: Emulator) => readonly OutputSink[];
  /** Called now and then with the number of records read. */
  readonly onProgress?: (records: number) => void;
  /** Ends the run after the packets under way; what was done is reported all the same. */
  readonly signal?: AbortSignal;
  /**
   * Packets are merged by time within a window of so many seconds. Default: 1 where the capture has several interfaces,
   * else 0.
   */
  readonly reorder?: number;
  /** Stop after this record. */
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

/**
 * Sends the packets of a capture through a node. The node's state counts as loaded at the time of the first packet.
 *
 * @throws ConfigError when the node has something that is not emulated; InterfaceError when packets cannot be given to an
 *   interface of the node; CaptureError when the capture has no packet that can be read.
 */
export async function replay(node: Node, capture: CaptureSource, options: ReplayOptions = {}): Promise<Replayed> {
  const run = new Run(node, options);
  const reader = readCapture(capture);
  let damage: Error | undefined;
  try {
    for await (const packets of inTimeOrder(reader, run.merge, options.reorder)) {
      await run.add(packets);
      if (run.isOver) break;
    }
  } catch (error) {
    if (!(error instanceof Error) || !isEndOfInput(error, options.signal, run.records)) throw error;
    if (error.name === CAPTURE_ERROR) damage = error;
  }
  const emulator = await run.finish();
  const { records, passedOver } = run;
  const interrupted = options.signal?.aborted ?? false;
  return { emulator, records, passedOver, interrupted, notes: run.noteLines(reader.lost), damage };
}

const CAPTURE_ERROR = "CaptureError";

/** Errors after which what was read is reported all the same. */
function isEndOfInput({ name }: Error, signal: AbortSignal | undefined, records: number): boolean {
  if (name === "AbortError") return signal?.aborted === true;
  return name === CAPTURE_ERROR && records > 0;
}

class Run {
  readonly #node: Node;
  readonly #options: ReplayOptions;
  readonly #arrivals: Arrivals;
  readonly merge = new TimeMerge();
  readonly #notes = new Notes();
  #emulator: Emulator | undefined;
  #isDone = false;
  records = 0;

  constructor(node: Node, options: ReplayOptions) {
    this.#node = node;
    this.#options = options;
    this.#arrivals = new Arrivals(node, options.interfaces ?? []);
  }

  get passedOver(): ReadonlyMap<string, number> {
    return this.#arrivals.passedOver;
  }

  /** What was met and is not emulated, and what of the capture was odd. */
  noteLines(lost: number): string[] {
    const { aggregates, partialChecksums } = this.#arrivals;
    const { moved, stepsBack } = this.merge;
    return [
      ...this.#notes.lines(),
      ...(lost > 0 ? [`the capture lost ${lost} packets when it was taken: connections may look broken`] : []),
      ...(moved > 0 ? [`${moved} packets stood behind later ones in the file: put in order of time`] : []),
      ...(stepsBack > 0 ? [`${stepsBack} packets lie behind a later one: their time counts as that one's`] : []),
      ...(aggregates > 0 ? [`${aggregates} packets are larger than the MTU (TSO, GRO): several segments in one`] : []),
      ...(partialChecksums > 0
        ? [`${partialChecksums} packets have checksums that a card was to complete: taken as right`]
        : []),
    ];
  }

  get isOver(): boolean {
    return this.#isDone || this.#options.signal?.aborted === true;
  }

  async add(packets: readonly CapturePacket[]): Promise<void> {
    this.#emulator ??= await this.#start(packets[0]!.timeNs);
    this.#arrivals.learn(packets);
    for (const packet of packets) {
      if (this.isOver) break;
      this.records = Math.max(this.records, packet.number);
      this.#isDone = packet.number === this.#options.until;
      const input = this.#arrivals.inputOf(packet);
      if (packet.number === this.#options.recordFrom) this.#emulator.record(this.#options.record ?? "none");
      if (input) this.#emulator.feed(input);
    }
    this.#options.onProgress?.(this.records);
  }

  async finish(): Promise<Emulator> {
    const emulator = this.#emulator ?? (await this.#start(0n));
    emulator.finish();
    return emulator;
  }

  async #start(startNs: bigint): Promise<Emulator> {
    const { record, recordFrom } = this.#options;
    const options = { ...this.#options, record: recordFrom === undefined ? record : undefined, startNs };
    const emulator = await Emulator.create(this.#node, options);
    emulator.observe(this.#notes);
    for (const sink of this.#options.observe?.(emulator) ?? []) emulator.observe(sink);
    return emulator;
  }
}
