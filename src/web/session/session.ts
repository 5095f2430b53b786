import {
  type CapturePacket,
  type CoreSource,
  type Emulator,
  type Explanation,
  endpoint,
  explainPacket,
  type Headers,
  type Node,
  type PathFacts,
  PathFactsReader,
  packetFacts,
  parseFilter,
  parseNode,
  parseRulePlace,
  type Report,
  readCapture,
  readHeaders,
  readState,
  replay,
  Summary,
  type Verdict,
  verdictOf,
  whyNotText,
} from "../../index.ts";
import { pageCore } from "./core.ts";
import { Endings } from "./endings.ts";
import type { Inputs } from "./inputs.ts";
import type { Changed, Comparison, Opened, PacketDetail, PacketLine } from "./shown.ts";

/** Told now and then how many records were read. */
export type OnProgress = (records: number) => void;

interface Run {
  readonly node: Node;
  readonly emulator: Emulator;
  readonly endings: Endings;
  readonly facts: PathFactsReader;
  readonly report: Report;
  readonly tookMs: number;
  readonly interrupted: boolean;
  readonly damage?: Error;
}

const NS_PER_SECOND = 1e9;

/** A node and a capture that are open in the page: replayed once, and again whenever the node is edited. */
export class Session {
  readonly #title: string;
  readonly #capture: Uint8Array;
  /** What was odd about what was dropped. */
  readonly #warnings: readonly string[];
  #leaveOut: boolean;
  #files: ReadonlyMap<string, Uint8Array>;
  #packets: readonly CapturePacket[] = [];
  #run!: Run;
  #before: Run | undefined;
  /** Numbers of the packets that the filter chose; undefined: all. */
  #chosen: Uint32Array | undefined;
  #abort: AbortController | undefined;

  constructor(title: string, { files, capture, warnings }: Inputs, leaveOut = false) {
    this.#title = title;
    this.#files = files;
    this.#capture = capture;
    this.#warnings = warnings;
    this.#leaveOut = leaveOut;
  }

  /** Replays the capture. @throws ConfigError, InterfaceError, CaptureError */
  async open(onProgress?: OnProgress): Promise<Opened> {
    this.#packets = await packetsOf(this.#capture);
    this.#run = await this.#replay(this.#files, onProgress);
    return this.#opened();
  }

  cancel(): void {
    this.#abort?.abort();
  }

  /** The numbers of packets that an expression chooses, of requests and of results; empty: all. @throws FilterError */
  filter(expression: string): number {
    this.#chosen = expression.trim() === "" ? undefined : this.#matching(expression);
    return this.#chosen?.length ?? this.#packets.length;
  }

  /** Packets whose fate differs from that of the run before the edit. */
  filterChanged(): number {
    this.#chosen = Uint32Array.from(this.#changedNumbers());
    return this.#chosen.length;
  }

  lines(start: number, count: number): PacketLine[] {
    const end = Math.min(start + count, this.#chosen?.length ?? this.#packets.length);
    return Array.from({ length: Math.max(0, end - start) }, (_, i) => this.#line(this.#numberAt(start + i)));
  }

  /** Where a packet stands in the list; -1 when the filter leaves it out. */
  rowOf(number: number): number {
    return this.#chosen ? this.#chosen.indexOf(number) : number - 1;
  }

  async detail(number: number): Promise<PacketDetail> {
    const { emulator, endings, facts } = this.#run;
    const devices = emulator.loaded.devices.names;
    const ending = endings.own(number);
    const known = ending && facts.of(ending.path);
    let after: ReadonlyMap<string, string> = new Map();
    let explanation: Explanation | undefined;
    if (ending) {
      let replayed: Emulator | undefined;
      const observe = (emulator: Emulator) => {
        replayed = emulator;
        return [];
      };
      const options = { ...this.#options(await pageCore()), observe };
      explanation = await explainPacket(this.#run.node, this.#capture, number, options);
      // The same run stands right behind the packet.
      if (replayed) after = readState(replayed);
    }
    const headers = explanation?.walks[0]?.headers;
    return {
      explanation,
      verdict: ending && verdictOf(ending, devices),
      made: endings.made(number).map((made) => verdictOf(made, devices)),
      words: known?.words ?? [],
      hooks: [...(known?.hooks ?? [])],
      family: headers?.family ?? 4,
      connections: linesAbout(after.get("conntrack.txt"), endsOf(headers)),
      ipvsConnections: linesAbout(after.get("ipvs.conns"), [headers?.source, headers?.sourcePort?.toString()]),
    };
  }

  /** Why a rule (`filter:FORWARD:3`) did not match a packet, in words. @throws RulePlaceError */
  async whyNot(number: number, place: string): Promise<string> {
    const watch = parseRulePlace(place, this.#run.node);
    const explanation = await explainPacket(this.#run.node, this.#capture, number, {
      ...this.#options(await pageCore()),
      watch,
    });
    return explanation?.whyNot ? whyNotText(number, explanation.whyNot) : "The packet is no input of the node.";
  }

  /** The node's tables as they were after a packet, as the real tools print them. */
  async tables(number: number): Promise<ReadonlyMap<string, string>> {
    const { emulator } = await replay(this.#run.node, this.#capture, {
      ...this.#options(await pageCore()),
      until: number,
    });
    return readState(emulator);
  }

  /** The tables at the end of the run. */
  finalTables(): ReadonlyMap<string, string> {
    return readState(this.#run.emulator);
  }

  /** Puts files in place of the node's own, runs again, and says which packets fare otherwise. @throws ConfigError */
  async edit(
    changed: ReadonlyMap<string, string>,
    leaveOut: boolean,
    onProgress?: OnProgress,
  ): Promise<Opened & { changed: Changed }> {
    this.#leaveOut = leaveOut;
    const encoder = new TextEncoder();
    const files = new Map([
      ...this.#files,
      ...[...changed].map(([name, text]) => [name, encoder.encode(text)] as const),
    ]);
    const run = await this.#replay(files, onProgress);
    this.#before = this.#run;
    this.#run = run;
    this.#files = files;
    this.#chosen = undefined;
    const numbers = this.#changedNumbers();
    return { ...this.#opened(), changed: { count: numbers.length, first: numbers[0] } };
  }

  /** The same capture through another node. @throws ConfigError */
  async compareWith(files: ReadonlyMap<string, Uint8Array>, title: string): Promise<Comparison> {
    const [ours, theirs] = [this.#run, await this.#replay(files)];
    const sides = [ours, theirs] as const;
    const ways = new Map<string, [number, number]>();
    const examples: Comparison["examples"][number][] = [];
    let differing = 0;
    for (const { number } of this.#packets) {
      const [a, b] = sides.map((run) => this.#way(run, number)) as [string, string];
      for (const [side, way] of [a, b].entries()) {
        const counts = ways.get(way) ?? [0, 0];
        counts[side as 0 | 1]++;
        ways.set(way, counts);
      }
      if (a === b) continue;
      differing++;
      const words = sides.map((run) => this.#words(run, number)) as [readonly string[], readonly string[]];
      if (examples.length < MOST_EXAMPLES) examples.push({ number, fates: [a, b], words });
    }
    return {
      titles: [this.#title, title],
      fates: [ours.report.fates, theirs.report.fates],
      ways: [...ways].map(([way, packets]) => ({ way, packets })).sort((a, b) => sum(b.packets) - sum(a.packets)),
      differing,
      examples,
    };
  }

  #words({ endings, facts }: Run, number: number): readonly string[] {
    const ending = endings.own(number);
    return ending ? facts.of(ending.path).words : [];
  }

  /** Where a packet went, with the IPVS server that was chosen for it. */
  #way(run: Run, number: number): string {
    const ending = run.endings.own(number);
    const [server] = ending ? run.facts.of(ending.path).servers : [];
    return `${fateText(this.#verdict(run, number))}${server ? ` to ${server}` : ""}`;
  }

  async #replay(files: ReadonlyMap<string, Uint8Array>, onProgress?: OnProgress): Promise<Run> {
    const node = parseNode(files, { ignoreUnsupported: this.#leaveOut });
    const endings = new Endings();
    this.#abort = new AbortController();
    let summary: Summary | undefined;
    const started = performance.now();
    const { emulator, records, passedOver, notes, interrupted, damage } = await replay(node, yielding(this.#capture), {
      ...this.#options(await pageCore()),
      signal: this.#abort.signal,
      onProgress,
      observe: (emulator) => {
        summary = new Summary(emulator);
        return [endings, summary];
      },
    });
    const tookMs = performance.now() - started;
    const report = (summary ?? new Summary(emulator)).report(records, passedOver, notes);
    const facts = new PathFactsReader(emulator);
    return { node, emulator, endings, facts, report, tookMs, interrupted, damage };
  }

  #options(core: CoreSource) {
    return { core, ignoreUnsupported: this.#leaveOut };
  }

  #opened(): Opened {
    const { emulator, report, tookMs, interrupted, damage } = this.#run;
    const [first, last] = [this.#packets[0], this.#packets.at(-1)];
    return {
      title: this.#title,
      report: { ...report, warnings: [...this.#warnings, ...report.warnings] },
      records: this.#packets.length,
      seconds: first && last ? Number(last.timeNs - first.timeNs) / NS_PER_SECOND : 0,
      tookMs,
      devices: emulator.node.interfaces.map(({ name }) => name),
      files: [...this.#files].map(([name, bytes]) => [name, new TextDecoder().decode(bytes)] as const),
      interrupted,
      damage: damage?.message,
    };
  }

  #numberAt(row: number): number {
    return this.#chosen ? this.#chosen[row]! : row + 1;
  }

  #matching(expression: string): Uint32Array {
    const wanted = parseFilter(expression, { results: true });
    const { emulator, endings, facts } = this.#run;
    const devices = emulator.loaded.devices.names;
    const numbers = this.#packets.flatMap((packet) => {
      const ending = endings.own(packet.number);
      const { fate, interface: out, reason } = ending ? verdictOf(ending, devices) : NO_INPUT;
      const result = ending && { ...(facts.of(ending.path) as PathFacts), fate, interface: out, reason };
      return wanted(packetFacts(packet), result) ? [packet.number] : [];
    });
    return Uint32Array.from(numbers);
  }

  #line(number: number): PacketLine {
    const packet = this.#packets[number - 1]!;
    const { frame, ipAt, family } = packetFacts(packet);
    const headers = family === 0 ? undefined : readHeaders(frame.subarray(ipAt));
    const verdict = this.#verdict(this.#run, number);
    const before = this.#before && fateText(this.#verdict(this.#before, number));
    const now = fateText(verdict);
    return {
      number,
      time: Number(packet.timeNs - this.#packets[0]!.timeNs) / NS_PER_SECOND,
      interface: packet.interface.name ?? "",
      protocol: headers?.protocol ?? "not IP",
      source: headers ? endpoint(headers, "source") : "",
      destination: headers ? endpoint(headers, "destination") : "",
      info: headers ? infoOf(headers.flags, headers.icmpType, headers.icmpCode, packet.wireLength) : "",
      fate: verdict?.fate,
      out: verdict?.interface,
      reason: verdict?.reason,
      before: before !== undefined && before !== now ? before : undefined,
    };
  }

  #verdict({ emulator, endings }: Run, number: number): Verdict | undefined {
    const ending = endings.own(number);
    return ending && verdictOf(ending, emulator.loaded.devices.names);
  }

  #changedNumbers(): number[] {
    const before = this.#before;
    if (!before) return [];
    return this.#packets
      .map(({ number }) => number)
      .filter((number) => fateText(this.#verdict(before, number)) !== fateText(this.#verdict(this.#run, number)));
  }
}

/** Differing packets that a comparison tells of one by one. */
const MOST_EXAMPLES = 200;
const NO_INPUT = { fate: "", interface: undefined, reason: undefined };

/** A fate as it is compared and shown: `sent out eth1`, `dropped: by a rule`. */
function fateText(verdict: Verdict | undefined): string {
  if (!verdict) return "no input";
  const { fate, interface: out, reason } = verdict;
  return `${fate}${fate === "sent" ? ` out ${out}` : ""}${reason ? `: ${reason}` : ""}`;
}

function infoOf(flags: string | undefined, type: number | undefined, code: number | undefined, bytes: number): string {
  const details =
    flags !== undefined ? `[${flags || "none"}] ` : type !== undefined ? `type ${type} code ${code} ` : "";
  return `${details}${bytes} bytes`;
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

async function packetsOf(capture: Uint8Array): Promise<CapturePacket[]> {
  const packets: CapturePacket[] = [];
  try {
    for await (const batch of readCapture(capture)) for (const packet of batch) packets.push(packet);
  } catch (error) {
    // The replay says what is damaged; what lies before it is shown.
    if (packets.length === 0) throw error;
  }
  return packets;
}

const PIECE_BYTES = 1 << 20;

/** The capture in pieces with a pause after each, so that a cancelling message can come in between. */
async function* yielding(capture: Uint8Array): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < capture.length; at += PIECE_BYTES) {
    yield capture.subarray(at, at + PIECE_BYTES);
    await new Promise((resume) => setTimeout(resume));
  }
}

function sum([a, b]: readonly [number, number]): number {
  return a + b;
}
