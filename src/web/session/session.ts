import {
  type CaptureIndex as Captured,
  CaptureIndex,
  type Emulator,
  type Explanation,
  explainDescription,
  explainFlow,
  explainPacket,
  type Headers,
  packetFacts,
  parseFilter,
  parseNode,
  parseRulePlace,
  type RepliesMode,
  readState,
  replay,
  verdictOf,
  whyNotText,
} from "../../index.ts";
import { pageCore } from "./core.ts";
import { countersOf } from "./counters.ts";
import type { Inputs } from "./inputs.ts";
import { flowFilter, packetLine, withFate } from "./lines.ts";
import { inPieces } from "./pauses.ts";
import { fateTextIn, type OnProgress, type Run, runCapture, verdictIn } from "./run.ts";
import type { Changed, Opened, OpenOptions, PacketDetail, PacketLine, ShownComparison, TablesAt } from "./shown.ts";

const NS_PER_SECOND = 1e9;
const NO_INPUT = { fate: "", interface: undefined, reason: undefined };
/** Packets of a flow that are explained at most. */
const MOST_EXPLAINED = 200;

/** A node and a capture that are open in the page: replayed once, and again whenever the node is edited. */
export class Session {
  readonly #inputs: Inputs;
  readonly #title: string;
  readonly #replies: RepliesMode;
  #leaveOut: boolean;
  #files: ReadonlyMap<string, Uint8Array>;
  readonly #packets: Captured = new CaptureIndex();
  #run!: Run;
  #before: Run | undefined;
  /** Numbers of the packets that the filter chose; undefined: all. */
  #chosen: Uint32Array | undefined;
  /** Ends the run that the person waits for. */
  #running: AbortController | undefined;
  /** Ends what was asked about a packet, and about tables, when something newer is asked. */
  #explaining: AbortController | undefined;
  #listing: AbortController | undefined;

  constructor(title: string, inputs: Inputs, { leaveOut = false, replies }: OpenOptions = {}) {
    this.#title = title;
    this.#inputs = inputs;
    this.#files = inputs.files;
    this.#leaveOut = leaveOut;
    this.#replies = replies ?? (inputs.cluster ? "retarget" : "capture");
  }

  /** Replays the capture. @throws ConfigError, InterfaceError, CaptureError */
  async open(onProgress?: OnProgress): Promise<Opened> {
    this.#run = await this.#replay(this.#files, onProgress, this.#packets);
    return this.#opened();
  }

  cancel(): void {
    this.#running?.abort();
  }

  /** The numbers of packets that an expression chooses, of requests and of results; empty: all. @throws FilterError */
  filter(expression: string): number {
    this.#chosen = expression.trim() === "" ? undefined : this.#matching(expression);
    return this.#chosen?.length ?? this.#packets.count;
  }

  lines(start: number, count: number): PacketLine[] {
    const end = Math.min(start + count, this.#chosen?.length ?? this.#packets.count);
    return Array.from({ length: Math.max(0, end - start) }, (_, i) => this.#line(this.#numberAt(start + i)));
  }

  /** Where a packet stands in the list; -1 when the filter leaves it out. */
  rowOf(number: number): number {
    return this.#chosen ? this.#chosen.indexOf(number) : number - 1;
  }

  /** Seconds since the first packet. */
  timeOf(number: number): number {
    return Math.max(0, this.#packets.nsSinceFirst(number)) / NS_PER_SECOND;
  }

  /** The last packet at or before a time, in seconds since the first one. */
  packetAt(seconds: number): number {
    const ns = seconds * NS_PER_SECOND;
    let [found, latest] = [1, Number.NEGATIVE_INFINITY];
    for (let number = 1; number <= this.#packets.count; number++) {
      const at = this.#packets.nsSinceFirst(number);
      if (at > ns || at < latest) continue;
      [found, latest] = [number, at];
    }
    return found;
  }

  /** @returns undefined when something newer was asked meanwhile. */
  async detail(number: number): Promise<PacketDetail | undefined> {
    const signal = newest(this.#explaining, (controller) => {
      this.#explaining = controller;
    });
    const { emulator, endings, facts } = this.#run;
    const devices = emulator.loaded.devices.names;
    const ending = endings.own(number);
    let explanation: Explanation | undefined;
    let after: ReadonlyMap<string, string> = new Map();
    if (ending) {
      let replayed: Emulator | undefined;
      const observe = (running: Emulator) => {
        replayed = running;
        return [];
      };
      const options = { ...(await this.#options()), observe, signal };
      explanation = await explainPacket(this.#run.node, inPieces(this.#inputs.capture), number, options);
      if (signal.aborted) return undefined;
      // The same run stands right behind the packet.
      if (replayed) after = readState(replayed);
    }
    const walks = explanation?.walks ?? [];
    const headers = walks[0]?.headers;
    return {
      explanation,
      verdict: ending && verdictOf(ending, devices),
      made: endings.made(number).map((made) => verdictOf(made, devices)),
      words: (ending && facts.of(ending.path).words) ?? [],
      counters: countersOf(walks, after),
      connections: linesAbout(after.get("conntrack.txt"), endsOf(headers)),
      ipvsConnections: linesAbout(after.get("ipvs.conns"), [headers?.source, headers?.sourcePort?.toString()]),
      flow: headers && flowFilter(headers),
    };
  }

  /** Why a rule (`filter:FORWARD:3`) did not match a packet, in words. @throws RulePlaceError */
  async whyNot(number: number, place: string): Promise<string> {
    const watch = parseRulePlace(place, this.#run.node);
    const options = { ...(await this.#options()), watch };
    const explanation = await explainPacket(this.#run.node, this.#inputs.capture, number, options);
    return explanation?.whyNot ? whyNotText(number, explanation.whyNot) : "The packet is no input of the node.";
  }

  /** What the node would do with a packet in words, as the first one that it sees. @throws DescriptionError, InterfaceError */
  async described(description: string, on: string | undefined): Promise<Explanation> {
    return explainDescription(this.#run.node, description, on, await this.#options());
  }

  /** Why a rule did not match a packet in words. @throws RulePlaceError */
  async whyNotDescribed(description: string, on: string | undefined, place: string): Promise<string> {
    const watch = parseRulePlace(place, this.#run.node);
    const { whyNot } = await explainDescription(this.#run.node, description, on, { ...(await this.#options()), watch });
    return whyNot ? whyNotText(1, whyNot) : "The packet is no input of the node.";
  }

  /** The packets of a flow of the capture, the first of them. @throws DescriptionError */
  async flow(description: string): Promise<Explanation[]> {
    const source = inPieces(this.#inputs.capture);
    const explanations = await explainFlow(this.#run.node, source, description, await this.#options());
    return explanations.slice(0, MOST_EXPLAINED);
  }

  /**
   * The node's tables at a time, in seconds since the first packet, as the real tools print them.
   *
   * @param number the last packet before it.
   * @returns undefined when something newer was asked meanwhile.
   */
  async tables(number: number, seconds: number | undefined): Promise<TablesAt | undefined> {
    const signal = newest(this.#listing, (controller) => {
      this.#listing = controller;
    });
    const options = { ...(await this.#options()), until: number, signal };
    const { emulator } = await replay(this.#run.node, inPieces(this.#inputs.capture), options);
    if (signal.aborted) return undefined;
    const first = this.#packets.packet(1)!.timeNs;
    if (seconds !== undefined) emulator.runUntil(first + BigInt(Math.round(seconds * NS_PER_SECOND)));
    return { packet: number, tables: [...readState(emulator)] };
  }

  /** Puts files in place of the node's own, runs again, and says which packets fare otherwise. @throws ConfigError */
  async edit(
    changed: ReadonlyMap<string, string>,
    leaveOut: boolean,
    onProgress?: OnProgress,
  ): Promise<Opened & { changed: Changed }> {
    const encoder = new TextEncoder();
    const files = new Map([
      ...this.#files,
      ...[...changed].map(([name, text]) => [name, encoder.encode(text)] as const),
    ]);
    this.#leaveOut = leaveOut;
    const run = await this.#replay(files, onProgress);
    this.#before = this.#run;
    this.#run = run;
    this.#files = files;
    this.#chosen = undefined;
    const numbers = this.#changedNumbers();
    return { ...this.#opened(), changed: { count: numbers.length, first: numbers[0] } };
  }

  /** The same capture through another node. @throws ConfigError */
  async compareWith(
    files: ReadonlyMap<string, Uint8Array>,
    title: string,
    onProgress?: OnProgress,
  ): Promise<ShownComparison> {
    const [ours, theirs] = [this.#run.node, parseNode(files, { ignoreUnsupported: this.#leaveOut })];
    this.#running = new AbortController();
    let share = 0;
    const options = await this.#options();
    const { capture } = this.#inputs;
    const source = () =>
      inPieces(capture, (done) => {
        share = done;
      });
    const { compareNodes, serviceCosts } = await import("./compared.ts");
    const { flows: _, ...comparison } = await compareNodes(ours, theirs, source, {
      ...options,
      replies: "retarget",
      names: { a: this.#title, b: title },
      signal: this.#running.signal,
      onProgress: (records) => onProgress?.({ records, share }),
    });
    const [a, b] = [await serviceCosts(ours, options), await serviceCosts(theirs, options)];
    return { comparison, costs: { a, b } };
  }

  async #replay(
    files: ReadonlyMap<string, Uint8Array>,
    onProgress: OnProgress | undefined,
    index?: CaptureIndex,
  ): Promise<Run> {
    this.#running = new AbortController();
    const { signal } = this.#running;
    return runCapture(files, this.#inputs.capture, { ...(await this.#options()), signal, onProgress, index });
  }

  async #options() {
    return { core: await pageCore(), ignoreUnsupported: this.#leaveOut, replies: this.#replies };
  }

  #opened(): Opened {
    const { emulator, report, tookMs, interrupted, damage } = this.#run;
    const { warnings, cluster } = this.#inputs;
    const { count } = this.#packets;
    return {
      title: this.#title,
      report: { ...report, warnings: [...warnings, ...report.warnings] },
      records: count,
      seconds: count > 0 ? Math.max(0, this.#packets.nsSinceFirst(count)) / NS_PER_SECOND : 0,
      tookMs,
      devices: emulator.node.interfaces.map(({ name }) => name),
      files: [...this.#files].map(([name, bytes]) => [name, new TextDecoder().decode(bytes)] as const),
      cluster,
      replies: this.#replies,
      interrupted,
      damage: damage?.message,
    };
  }

  #numberAt(row: number): number {
    return this.#chosen ? this.#chosen[row]! : row + 1;
  }

  #matching(expression: string): Uint32Array {
    const wanted = parseFilter(expression, { results: true });
    const { facts } = this.#run;
    const found = new Uint32Array(this.#packets.count);
    let count = 0;
    for (let number = 1; number <= this.#packets.count; number++) {
      const packet = this.#packets.packet(number);
      if (!packet) continue;
      const verdict = verdictIn(this.#run, number);
      const { fate, interface: out, reason } = verdict ?? NO_INPUT;
      const result = verdict && { ...facts.of(verdict.path), fate, interface: out, reason };
      if (wanted(packetFacts(packet), result)) found[count++] = number;
    }
    return found.slice(0, count);
  }

  #line(number: number): PacketLine {
    const packet = this.#packets.packet(number)!;
    const line = packetLine(packet, packetFacts(packet), this.#packets.nsSinceFirst(number));
    const verdict = verdictIn(this.#run, number);
    const before = this.#before && fateTextIn(this.#before, number);
    return withFate(line, verdict, before === fateTextIn(this.#run, number) ? undefined : before);
  }

  #changedNumbers(): number[] {
    const before = this.#before;
    if (!before) return [];
    const numbers = Array.from({ length: this.#packets.count }, (_, i) => i + 1);
    return numbers.filter((number) => fateTextIn(before, number) !== fateTextIn(this.#run, number));
  }
}

/** Ends what was asked before, and begins anew. */
function newest(former: AbortController | undefined, keep: (controller: AbortController) => void): AbortSignal {
  former?.abort();
  const controller = new AbortController();
  keep(controller);
  return controller.signal;
}

function endsOf(headers: Headers | undefined): (string | undefined)[] {
  if (!headers) return [];
  const { source, destination, sourcePort, destinationPort } = headers;
  return [source, destination, sourcePort?.toString(), destinationPort?.toString()];
}

/** Lines of a listing that name all of these. */
function linesAbout(listing: string | undefined, names: readonly (string | undefined)[]): string[] {
  const wanted = names.filter((name) => name !== undefined);
  if (!listing || wanted.length === 0) return [];
  return listing.split("\n").filter((line) => wanted.every((name) => line.split(/[\s=:]+/).includes(name)));
}
