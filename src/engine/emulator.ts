import { LoadedNode, type RunOptions } from "../compile/node.ts";
import type { ConfigError } from "../config/error.ts";
import type { TimedCommand } from "../config/timeline.ts";
import { type Core, type CoreSource, instantiateCore } from "../core/core.ts";
import { InputRecordLayout } from "../core/layout.generated.ts";
import { getNumber, stride } from "../core/record.ts";
import type { Node, Warning } from "../model/node.ts";
import { ChunkWriter, type InputPacket } from "./chunk.ts";
import { NodeCommands } from "./commands.ts";
import { drainOutputs, localBlockOf, type OutputSink } from "./outputs.ts";
import { type DueCommand, Schedule } from "./schedule.ts";
import { SingleFrames } from "./single-frames.ts";

/** How a node runs. */
export interface EmulatorOptions extends Omit<RunOptions, "onUnsupported"> {
  /** Leave out rules that are not emulated and list them in `ignored`, instead of refusing the node. Default false. */
  readonly ignoreUnsupported?: boolean;
  /**
   * Seed of what the kernel does at random, the key of the connection table's hash included. Default 1, which whoever makes up a
   * capture knows: another one keeps flows apart that were made to collide.
   */
  readonly seed?: number;
  /** Time of the capture's clock at which the node's state was loaded, in nanoseconds. Default 0. */
  readonly startNs?: bigint;
  /** Seconds that virtual time goes on after the last packet, beyond the node's own `end`. Default 0. */
  readonly advance?: number;
  /** Commands that run on the node at times of the capture. */
  readonly timeline?: readonly TimedCommand[];
  /**
   * Bytes of memory that the core can take without asking the engine for more, up to 4 GiB: some 180 for each connection. Each time
   * it asks the engine collects garbage, which may take milliseconds. What is not used takes addresses only. Default: little,
   * and four times as much whenever it is full.
   */
  readonly reserve?: number;
  /** The core to use instead of the one inside the package; see {@link CoreSource}. */
  readonly core?: CoreSource;
}

const RECORD_BYTES = stride(InputRecordLayout);
const PAGE_BYTES = 65_536;
const NS_PER_SECOND = 1_000_000_000;
/** What 64 bits of nanoseconds reach, with room to spare: year 2262. */
const LAST_SECOND = 9_223_372_036;

/**
 * A node that packets run through. Time is the packets' own; everything is deterministic.
 *
 * @example
 *   const emulator = await Emulator.create(node);
 *   emulator.observe(new Verdicts(emulator, (verdict) => console.log(verdict)));
 *   emulator.send(frame, "eth0");
 *   emulator.command("iptables -A FORWARD -p tcp --dport 80 -j DROP");
 *   emulator.send(frame, "eth0");
 */
export class Emulator {
  readonly node: Node;
  readonly core: Core;
  readonly loaded: LoadedNode;
  /** What was left out because it is not emulated, when reading the node or loading it. */
  readonly ignored: Warning[];
  readonly #commands: NodeCommands;
  readonly #chunk: ChunkWriter;
  readonly #frames: SingleFrames;
  readonly #sinks: OutputSink[] = [];
  readonly #advance: number;
  readonly #schedule: Schedule;
  #nextNumber = 1;

  /**
   * A fresh core with the node's state in it.
   *
   * @throws ConfigError when the node has something that is not emulated.
   */
  static async create(node: Node, options: EmulatorOptions = {}): Promise<Emulator> {
    return new Emulator(await instantiateCore(options.core), node, options);
  }

  /** The same in a core that has read the beginning of a capture already. */
  static inCore(core: Core, node: Node, options: EmulatorOptions): Emulator {
    return new Emulator(core, node, options);
  }

  private constructor(core: Core, node: Node, options: EmulatorOptions) {
    this.node = node;
    this.core = core;
    if (options.reserve !== undefined) core.reservePages(Math.ceil(options.reserve / PAGE_BYTES));
    core.seedRandom(BigInt(options.seed ?? 1));
    core.seedTupleHash(BigInt(options.seed ?? 1));
    core.setHz(node.hz);
    core.startAt(options.startNs ?? 0n);
    this.ignored = [...node.ignored];
    const onUnsupported = ({ code, detail, at }: ConfigError) => this.ignored.push({ code, message: detail, at });
    this.loaded = new LoadedNode(core, node, {
      ...options,
      onUnsupported: options.ignoreUnsupported ? onUnsupported : undefined,
    });
    this.#commands = new NodeCommands(this.loaded, (warning) => this.ignored.push(warning));
    this.#advance = options.advance ?? 0;
    this.#frames = new SingleFrames(node);
    this.#chunk = new ChunkWriter(core, () => this.#drain());
    this.#schedule = new Schedule(node.events, options.timeline ?? [], options.startNs ?? 0n);
  }

  /** Adds somebody who gets what comes out, in order. */
  observe(sink: OutputSink): void {
    this.#sinks.push(sink);
  }

  /** Changes what is recorded from the next packet on. */
  record(level: NonNullable<RunOptions["record"]>): void {
    this.flush();
    this.loaded.record(level);
  }

  /**
   * Sends a frame through the node as it arrives at an interface, at once.
   *
   * @param on the interface; `local`: the node itself sends the bytes, a bare IP packet.
   * @param timeNs its time, in nanoseconds. Default: the present virtual time.
   * @returns its number, which endings, frames and events bear; undefined for a frame that is no input (not IP).
   * @throws InterfaceError when the node has no such interface.
   */
  send(frame: Uint8Array, on: string, timeNs: bigint = this.core.now()): number | undefined {
    const input = this.#frames.inputOf(this.#nextNumber, frame, on, timeNs);
    if (!input) return undefined;
    this.feed(input);
    this.flush();
    return input.number;
  }

  /** Sends a packet through the node; numbers must rise. What comes out may be seen later, at `flush` at the latest. */
  feed(packet: InputPacket): void {
    const { number, timeHigh, timeLow } = packet;
    if (this.#schedule.isDue(number, timeHigh, timeLow)) {
      this.#runCommands(this.#schedule.take(number, timeHigh, timeLow));
    }
    this.#chunk.add(packet);
    this.#nextNumber = number + 1;
  }

  /**
   * Runs packets that lie in the core's memory as input records, and hands on what came out. No command is looked for that would be
   * due between them.
   *
   * @param records address of the first.
   */
  run(records: number, bytes: number): void {
    this.flush();
    const last = records + bytes - RECORD_BYTES;
    const number = getNumber(new DataView(this.core.memory.buffer), last, InputRecordLayout.number);
    this.#chunk.run(records, bytes);
    this.#nextNumber = number + 1;
  }

  /** Runs all that was fed and hands on what came out. */
  flush(): void {
    this.#chunk.flush();
  }

  /** The capture is over: runs the commands that come after it, lets time go on to the node's end, and drains. */
  finish(): void {
    this.#runCommands(this.#schedule.rest());
    if (this.node.end !== undefined) this.runUntil(BigInt(Math.round(this.node.end * NS_PER_SECOND)));
    if (this.#advance > 0) this.runUntil(this.core.now() + BigInt(Math.round(this.#advance * NS_PER_SECOND)));
    // What a kernel does a moment after the last packet.
    this.runUntil(this.core.now());
  }

  /**
   * Lets virtual time go on without a packet: what would have expired by then has expired, and what timers send (an ICMP error
   * for fragments that never came together) is seen by those who observe.
   *
   * @param seconds of the capture's clock, as its timestamps are. A time that has passed changes nothing.
   * @throws RangeError for what is no time: negative, infinite, NaN.
   */
  advanceTo(seconds: number): void {
    if (!(seconds >= 0 && seconds < LAST_SECOND)) {
      throw new RangeError(`cannot advance to ${seconds}: seconds of the capture's clock, from 0 to ${LAST_SECOND}`);
    }
    this.flush();
    this.runUntil(BigInt(Math.round(seconds * NS_PER_SECOND)));
  }

  /** Lets virtual time go on to `ns`, without a packet. */
  runUntil(ns: bigint): void {
    this.core.runUntil(ns);
    this.#drain();
  }

  /** Runs a command on the node as it stands: iptables, ip6tables, ipset, ipvsadm, ip, conntrack or sysctl. */
  command(text: string): void {
    this.flush();
    this.#commands.run(text, { file: "command", line: 1, column: 1 });
  }

  /** Commands of a scenario run at the time of the packet before them, those of a timeline at their own. */
  #runCommands(commands: Iterable<DueCommand>): void {
    this.flush();
    for (const { command, file, line, timeNs } of commands) {
      if (timeNs !== undefined) this.runUntil(timeNs);
      this.#commands.run(command, { file, line, column: 1 });
      // What a command leaves to a timer "at once" has happened when the next program has started.
      this.runUntil(this.core.now());
    }
  }

  #drain(): void {
    drainOutputs(this.core, this.#sinks, localBlockOf(this.node));
  }
}
