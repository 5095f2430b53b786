import {
  type CapturePacket,
  ConntrackEvents,
  type Emulator,
  type EventForm,
  ExpectationEvents,
  ExplainedFrameWriter,
  FLOW_COLUMNS,
  listing,
  type OutputSink,
  PACKET_COLUMNS,
  PacketRows,
  PairedOutputs,
  type PairedSink,
  type Predicate,
  parseFilter,
  RawFrameWriter,
  type Replayed,
  Results,
  reportText,
  Selection,
  Summary,
  VERDICT_VERSION,
  type Verdict,
  type VerdictLine,
  Verdicts,
} from "../index.ts";
import { FileWriter, FolderWriter, openTable, type TableFile } from "../node/index.ts";
import { terminalStyle } from "./terminal-style.ts";

export interface ReplayOutputValues {
  readonly write?: string;
  readonly results?: string;
  readonly table?: string;
  readonly events?: string;
  readonly expectEvents?: string;
  readonly eventsForm: readonly string[];
  readonly only?: string;
  /** Listing commands to answer when the run is over. */
  readonly list: readonly string[];
  readonly json?: boolean;
  readonly ndjson?: boolean;
}

/** What a replay writes, as its options ask. */
export class ReplayOutputs {
  readonly #values: ReplayOutputValues;
  readonly #wanted: Predicate | undefined;
  readonly #folder: FolderWriter | undefined;
  readonly #frames: FileWriter | undefined;
  readonly #events: FileWriter | undefined;
  readonly #expectEvents: FileWriter | undefined;
  readonly #packetTable: TableFile<typeof PACKET_COLUMNS> | undefined;
  readonly #flowTable: TableFile<typeof FLOW_COLUMNS> | undefined;
  readonly #finish: (() => void)[] = [];
  #watchers: ((packet: CapturePacket) => void)[] = [];
  #results: Results | undefined;
  #summary: Summary | undefined;

  /** Opens the files, so that one that cannot be written is known before the run. @throws FilterError */
  constructor(values: ReplayOutputValues) {
    const { results, write, table, only, events, expectEvents } = values;
    this.#values = values;
    this.#wanted = only === undefined ? undefined : parseFilter(only, { results: true });
    this.#folder = results === undefined ? undefined : new FolderWriter(results);
    this.#frames = write === undefined ? undefined : new FileWriter(write);
    this.#events = events === undefined ? undefined : new FileWriter(events);
    this.#expectEvents = expectEvents === undefined ? undefined : new FileWriter(expectEvents);
    this.#packetTable = table === undefined ? undefined : openTable(table, PACKET_COLUMNS);
    this.#flowTable = table === undefined ? undefined : openTable(flowsBeside(table), FLOW_COLUMNS);
  }

  /** To be told of every packet before it runs; undefined when nobody asks. */
  get onPacket(): ((packet: CapturePacket) => void) | undefined {
    if (this.#wanted === undefined && this.#packetTable === undefined) return undefined;
    return (packet) => {
      for (const watch of this.#watchers) watch(packet);
    };
  }

  begin(emulator: Emulator): OutputSink[] {
    const sinks: OutputSink[] = [];
    // A command that lists nothing is told of before the run.
    for (const command of this.#values.list) listing(emulator, command);
    this.#summary = new Summary(emulator);
    const folder = this.#folder;
    if (folder) {
      this.#results = new Results(emulator, (name, piece) => folder.write(name, piece));
      sinks.push(this.#results);
    }
    if (this.#events) sinks.push(this.#eventLines(emulator, this.#events));
    const expectEvents = this.#expectEvents;
    if (expectEvents) sinks.push(new ExpectationEvents((line) => expectEvents.write(`${line}\n`), this.#eventForm()));
    const selection = this.#wanted && new Selection(emulator, this.#wanted, this.#chosenSinks(emulator));
    if (selection) this.#watchers.push((packet) => selection.packet(packet));
    else sinks.push(...this.#wholeSinks(emulator));
    for (const sink of selection ? [selection] : this.#perPacketSinks(emulator)) {
      if (!sink.frame) {
        sinks.push({ ending: (ending) => sink.ending?.(ending) });
        continue;
      }
      const paired = new PairedOutputs(sink);
      sinks.push(paired);
      this.#finish.unshift(() => paired.end());
    }
    return sinks;
  }

  /** What gets all packets, without an object for each. */
  #wholeSinks(emulator: Emulator): OutputSink[] {
    const sinks: OutputSink[] = [this.#summary!];
    if (this.#frames) sinks.push(this.#frameWriter(emulator, this.#frames));
    return sinks;
  }

  /** What gets the packets that `--only` chooses. */
  #chosenSinks(emulator: Emulator): PairedSink[] {
    const summary = this.#summary!;
    const sinks: PairedSink[] = [{ ending: (ending) => summary.chosen(ending) }];
    if (this.#frames) {
      const frames = this.#frameWriter(emulator, this.#frames);
      const isRaw = frames instanceof RawFrameWriter;
      sinks.push({ frame: (frame, ending) => (isRaw ? frames.frame(frame) : frames.chosen(frame, ending)) });
    }
    return [...sinks, ...this.#perPacketSinks(emulator)];
  }

  #frameWriter(emulator: Emulator, file: FileWriter): RawFrameWriter | ExplainedFrameWriter {
    const write = (piece: Uint8Array) => file.write(piece);
    const frames = this.#values.write!.endsWith(".pcap")
      ? new RawFrameWriter(emulator.node.interfaces, write)
      : new ExplainedFrameWriter(emulator, write, { isBorrowed: true });
    this.#finish.push(() => frames.end());
    return frames;
  }

  /** What shows packets one by one. */
  #perPacketSinks(emulator: Emulator): PairedSink[] {
    const sinks: PairedSink[] = [];
    if (this.#packetTable) sinks.push(this.#rows(emulator, this.#packetTable));
    if (this.#values.ndjson) sinks.push(new Verdicts(emulator, printLine));
    return sinks;
  }

  #eventForm(): Omit<EventForm, "labels"> & { readonly labels?: boolean } {
    return Object.fromEntries(this.#values.eventsForm.map((word) => [word, true]));
  }

  #eventLines({ node }: Emulator, file: FileWriter): ConntrackEvents {
    const form = this.#eventForm();
    const labels = form.labels ? node.labels : undefined;
    return new ConntrackEvents((line) => file.write(`${line}\n`), { ...form, labels });
  }

  #rows(emulator: Emulator, packets: TableFile<typeof PACKET_COLUMNS>): PacketRows {
    const rows = new PacketRows(emulator, (row) => packets.add(row));
    this.#watchers.push((packet) => rows.packet(packet));
    this.#finish.push(() => {
      for (const flow of rows.flows.rows()) this.#flowTable?.add(flow);
    });
    return rows;
  }

  finish({ emulator, records, passedOver, interrupted, notes }: Replayed): void {
    for (const finish of this.#finish) finish();
    this.#results?.finish(records);
    const files = [this.#folder, this.#frames, this.#events, this.#expectEvents, this.#packetTable, this.#flowTable];
    for (const file of files) file?.close();
    if (this.#values.ndjson) return;
    const report = (this.#summary ?? new Summary(emulator)).report(records, passedOver, notes);
    if (this.#values.json) print(`${JSON.stringify(report, undefined, 2)}\n`);
    else {
      const { only } = this.#values;
      print(only === undefined ? "" : `only packets with: ${only}\n\n`);
      print(
        `${interrupted ? "interrupted: what follows is what was done so far\n\n" : ""}${reportText(report, terminalStyle())}`,
      );
      for (const command of this.#values.list) print(`\n$ ${command}\n${listing(emulator, command)}`);
    }
  }
}

/** `out.parquet` has its flows in `out.flows.parquet`. */
function flowsBeside(path: string): string {
  const dot = path.lastIndexOf(".");
  return dot > path.lastIndexOf("/") + 1 ? `${path.slice(0, dot)}.flows${path.slice(dot)}` : `${path}.flows`;
}

function printLine(verdict: Verdict): void {
  const line: VerdictLine = { version: VERDICT_VERSION, ...verdict };
  print(`${JSON.stringify(line)}\n`);
}

function print(text: string): void {
  process.stdout.write(text);
}
