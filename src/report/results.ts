import { EventKind } from "../../assembly/abi/trace.ts";
import { LOCAL_INTERFACE } from "../engine/arrivals.ts";
import type { Emulator } from "../engine/emulator.ts";
import type { OutputFrame, OutputSink, TraceEvent } from "../engine/outputs.ts";
import { ruleLine } from "../trace/rule-line.ts";
import { FrameWriter } from "./frames.ts";
import { helperLogLine, logLine } from "./log.ts";
import { stateTexts } from "./state.ts";

/** Takes a piece of a result file; pieces of one file come in order. */
export type WriteResult = (file: string, piece: string | Uint8Array) => void;

/** A frame that left the node, or a packet that was delivered to it. */
export interface ResultOutput {
  /** Interface; `local` where it was delivered. */
  readonly if: string;
  /** Length with the link header. */
  readonly len: number;
}

/** `verdicts.json`, in the form of the recordings: for each record of the capture what came out. */
export type ResultVerdicts = readonly (readonly ResultOutput[])[];

/** Text is handed on in pieces of about this length. */
const PIECE_LENGTH = 1 << 16;

/**
 * The result files of a replay, as they are compared with what a kernel did: a row of outputs for each packet, the packets,
 * the kernel's TRACE and LOG lines, and the node's state afterwards as the real tools print it.
 */
export class Results implements OutputSink {
  readonly #emulator: Emulator;
  readonly #write: WriteResult;
  readonly #frames: FrameWriter;
  readonly #outputs = new Map<number, ResultOutput[]>();
  readonly #trace: PieceWriter;
  readonly #log: PieceWriter;
  readonly #showsRaw: boolean;

  constructor(emulator: Emulator, write: WriteResult) {
    this.#emulator = emulator;
    this.#write = write;
    this.#frames = new FrameWriter(emulator.node.interfaces, (piece) => write("out.pcapng", piece));
    this.#trace = new PieceWriter((piece) => write("trace.txt", piece));
    this.#log = new PieceWriter((piece) => write("log.txt", piece));
    this.#showsRaw = hasRawTable(emulator);
    write("trace.txt", "");
  }

  /** Notes what came out of a packet. */
  frame(frame: OutputFrame): void {
    const name = this.#emulator.loaded.devices.names[frame.device] || LOCAL_INTERFACE;
    const row = this.#outputs.get(frame.number);
    const output = { if: name, len: frame.originalLength };
    if (row) row.push(output);
    else this.#outputs.set(frame.number, [output]);
  }

  blocks(blocks: Uint8Array): void {
    this.#frames.blocks(blocks);
  }

  /** Writes an event's line of the kernel's log or trace. */
  event(event: TraceEvent): void {
    if (event.kind === EventKind.Log) {
      const text = logLine(event, this.#emulator.loaded.rulesets, this.#emulator.node);
      if (text !== undefined) this.#log.add(`${event.number}: ${text}\n`);
      return;
    }
    if (event.kind === EventKind.HelperLog) {
      this.#log.add(`${event.number}: ${helperLogLine(event)}\n`);
      return;
    }
    if (event.kind !== EventKind.Rule && event.kind !== EventKind.Return && event.kind !== EventKind.Policy) return;
    const { loaded } = this.#emulator;
    const line = ruleLine(event, loaded.rulesets, loaded.devices.names);
    if (line === undefined || (!this.#showsRaw && line.includes(" raw:"))) return;
    this.#trace.add(`${line}\n`);
  }

  /** Writes what is known only at the end. @param records how many records the capture had. */
  finish(records: number): void {
    this.#frames.end();
    this.#trace.end();
    this.#log.end();
    this.#writeVerdicts(records);
    for (const [file, text] of stateTexts(this.#emulator)) this.#write(file, text);
  }

  #writeVerdicts(records: number): void {
    const writer = new PieceWriter((piece) => this.#write("verdicts.json", piece));
    writer.add("[");
    for (let number = 1; number <= records; number++) {
      const row = (this.#outputs.get(number) ?? []).map(
        (output) => `{"if": ${JSON.stringify(output.if)}, "len": ${output.len}}`,
      );
      writer.add(`${number > 1 ? ",\n " : ""}[${row.join(", ")}]`);
    }
    writer.add("]\n");
    writer.end();
  }
}

/** Traces are recorded by rules in raw, which then exists; its lines count only where the node has the table itself. */
function hasRawTable({ node: { ruleset4, ruleset6 } }: Emulator): boolean {
  return [ruleset4, ruleset6].some((ruleset) => ruleset?.tables.some(({ name }) => name === "raw"));
}

class PieceWriter {
  readonly #write: (piece: string) => void;
  #waiting = "";

  constructor(write: (piece: string) => void) {
    this.#write = write;
  }

  add(text: string): void {
    this.#waiting += text;
    if (this.#waiting.length > PIECE_LENGTH) this.end();
  }

  end(): void {
    if (this.#waiting) this.#write(this.#waiting);
    this.#waiting = "";
  }
}
