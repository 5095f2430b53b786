import { commentOption } from "../capture/index.ts";
import type { Core } from "../core/core.ts";
import {
  ByteBufferLayout,
  EndingLayout,
  OutputFrameLayout,
  PathTallyLayout,
  TraceEventLayout,
} from "../core/layout.generated.ts";
import { type Field, getNumber, stride } from "../core/record.ts";
import type { Node } from "../model/node.ts";

/** How a packet of the capture, or one that it caused, ended. */
export interface Ending {
  /** Record number of the packet in the capture. */
  readonly number: number;
  readonly path: number;
  /** Length of the IP packet at its end. */
  readonly length: number;
  /** Device through which it left, 0 for none. */
  readonly device: number;
  /** A `Fate`, a `Reason`, an `Origin`, a `CtInfo` (15: no entry). */
  readonly fate: number;
  readonly reason: number;
  readonly origin: number;
  readonly ctinfo: number;
  /** Look-ups in IPVS' hash tables up to its end, those for packets that it caused included. */
  readonly lookups: number;
}

/** A frame that left the node, or a packet that was delivered to it. The bytes are a view that the next chunk overwrites. */
export interface OutputFrame {
  readonly number: number;
  readonly timeNs: bigint;
  /** Device; 0 means delivered to the node. */
  readonly device: number;
  readonly bytes: Uint8Array;
  /** Length that the frame had before the capture cut it. */
  readonly originalLength: number;
}

/** A recorded step. */
export interface TraceEvent {
  /** An `EventKind`. */
  readonly kind: number;
  readonly number: number;
  /** A `Hook`, 255 outside the hooks. */
  readonly hook: number;
  readonly inDevice: number;
  readonly outDevice: number;
  readonly mark: number;
  readonly subject: number;
  readonly detail: number;
  readonly packetLength: number;
  readonly timeNs: bigint;
  /** Tells packets apart that are under way at the same time; an `Origin`. */
  readonly packet: number;
  readonly origin: number;
  /** Ports of a bridge that the packet crosses, 0 for none. */
  readonly bridgeIn: number;
  readonly bridgeOut: number;
  /** Link header of the packet, where the event kept it; a copy. */
  readonly mac: Uint8Array;
  /** First bytes of the packet, where the event kept them; a copy. */
  readonly data: Uint8Array;
}

/** Who wants to see what comes out of the core. */
export interface OutputSink {
  /** A packet ended: one of the capture, or one that it caused. */
  ending?(ending: Ending): void;
  /** A frame left the node, or was delivered to it. Those of a chunk come before the endings of their packets. */
  frame?(frame: OutputFrame): void;
  /** A step was recorded: only where the run records (`record`). */
  event?(event: TraceEvent): void;
  /** All frames of a moment, as packet blocks of a pcapng: far cheaper than one by one. A view that the next chunk overwrites. */
  blocks?(blocks: Uint8Array): void;
  /**
   * Of a sink with `blocks`: each packet has this comment on the path that it took, before `in=N`. Asked once for a path, of whichever
   * such sink comes first.
   */
  commentOn?(path: number): string;
  /** Have the core count how packets end, by path. */
  readonly countsPaths?: boolean;
}

/** How many packets ended with a path. */
export interface PathTally {
  readonly path: number;
  readonly packets: number;
  /** Bytes of IP packets at the path's end. */
  readonly bytes: number;
  /** Number of the first packet that took it. */
  readonly example: number;
  readonly fate: number;
  readonly reason: number;
  readonly origin: number;
}

/** Interface block that {@link OutputSink.blocks} names for packets that were delivered to the node: the one behind its devices'. */
export function localBlockOf({ interfaces }: Pick<Node, "interfaces">): number {
  return interfaces.length;
}

const ENDINGS = 0;
const FRAMES = 1;
const EVENTS = 2;
const BLOCKS = 3;
const ENDING_BYTES = stride(EndingLayout);
const FRAME_BYTES = stride(OutputFrameLayout);
const EVENT_BYTES = stride(TraceEventLayout);

/** Reads all that the core has put out since the last time, hands it to the sinks, and empties the buffers. */
export function drainOutputs(core: Core, sinks: readonly OutputSink[], localBlock = 0): void {
  if (sinks.some(({ countsPaths }) => countsPaths)) core.tallyEndings();
  drainBlocks(core, sinks, localBlock);
  const view = new DataView(core.memory.buffer);
  const [events, frames, endings] = [listeners(sinks, "event"), listeners(sinks, "frame"), listeners(sinks, "ending")];
  if (events) drainEvents(core, view, events);
  if (frames) drainFrames(core, view, frames);
  if (endings) drainEndings(core, view, endings);
  core.clearOutputs();
}

/** One function that tells all sinks that listen; undefined where none does, so that nothing is read for nobody. */
function listeners<K extends "ending" | "frame" | "event" | "blocks">(
  sinks: readonly OutputSink[],
  name: K,
): ((value: Parameters<NonNullable<OutputSink[K]>>[0]) => void) | undefined {
  type Value = Parameters<NonNullable<OutputSink[K]>>[0];
  const functions = sinks.flatMap((sink) => {
    const listen = sink[name] as ((value: Value) => void) | undefined;
    return listen ? [listen.bind(sink)] : [];
  });
  if (functions.length <= 1) return functions[0];
  return (value) => {
    for (const listen of functions) listen(value);
  };
}

function bufferOf(core: Core, view: DataView, output: number): { start: number; end: number } {
  const record = core.outputAddress(output);
  const start = getNumber(view, record, ByteBufferLayout.start);
  return { start, end: start + getNumber(view, record, ByteBufferLayout.used) };
}

function drainBlocks(core: Core, sinks: readonly OutputSink[], localBlock: number): void {
  const [explained, plain] = [sinks.filter(({ commentOn }) => commentOn), sinks.filter(({ commentOn }) => !commentOn)];
  const each = listeners(plain, "blocks");
  if (each) {
    core.writeBlocks(localBlock);
    takeBlocks(core, each);
  }
  for (const sink of explained) {
    writeExplained(core, localBlock, sink);
    takeBlocks(core, (blocks) => sink.blocks?.(blocks));
  }
}

function writeExplained(core: Core, localBlock: number, sink: OutputSink): void {
  for (let path = core.writeExplainedBlocks(localBlock); path >= 0; path = core.writeExplainedBlocks(localBlock)) {
    const option = commentOption(sink.commentOn!(path));
    const comment = core.allocate(4 + option.length);
    new DataView(core.memory.buffer).setUint32(comment, option.length, true);
    new Uint8Array(core.memory.buffer).set(option, comment + 4);
    core.setPathComment(path, comment);
  }
}

function takeBlocks(core: Core, each: (blocks: Uint8Array) => void): void {
  const { start, end } = bufferOf(core, new DataView(core.memory.buffer), BLOCKS);
  if (end > start) each(new Uint8Array(core.memory.buffer, start, end - start));
}

/** What the core has counted for sinks that wanted it ({@link OutputSink.countsPaths}), in the order in which paths were met. */
export function pathTallies(core: Core): PathTally[] {
  const view = new DataView(core.memory.buffer);
  const tallies: PathTally[] = [];
  const layout = PathTallyLayout;
  for (let at = core.firstTally(); at !== 0; at = getNumber(view, at, layout.next)) {
    const number = (field: Field) => getNumber(view, at, field);
    tallies.push({
      path: number(layout.path),
      packets: number(layout.packets),
      bytes: number(layout.bytes),
      example: number(layout.example),
      fate: number(layout.fate),
      reason: number(layout.reason),
      origin: number(layout.origin),
    });
  }
  return tallies;
}

function drainEndings(core: Core, view: DataView, each: (ending: Ending) => void): void {
  const { start, end } = bufferOf(core, view, ENDINGS);
  const layout = EndingLayout;
  for (let at = start; at < end; at += ENDING_BYTES) {
    each({
      number: view.getUint32(at + layout.number.offset, true),
      path: view.getUint32(at + layout.path.offset, true),
      length: view.getUint32(at + layout.length.offset, true),
      device: view.getUint16(at + layout.device.offset, true),
      fate: view.getUint8(at + layout.fate.offset),
      reason: view.getUint8(at + layout.reason.offset),
      origin: view.getUint8(at + layout.origin.offset),
      ctinfo: view.getUint8(at + layout.ctinfo.offset),
      lookups: view.getUint16(at + layout.lookups.offset, true),
    });
  }
}

function drainFrames(core: Core, view: DataView, each: (frame: OutputFrame) => void): void {
  const { start, end } = bufferOf(core, view, FRAMES);
  const layout = OutputFrameLayout;
  for (let at = start; at < end; at += view.getUint32(at + layout.size.offset, true)) {
    const length = view.getUint32(at + layout.length.offset, true);
    each({
      number: view.getUint32(at + layout.number.offset, true),
      timeNs: view.getBigUint64(at + layout.timeNs.offset, true),
      device: view.getUint32(at + layout.device.offset, true),
      bytes: new Uint8Array(view.buffer as ArrayBuffer, at + FRAME_BYTES, length),
      originalLength: view.getUint32(at + layout.originalLength.offset, true),
    });
  }
}

function drainEvents(core: Core, view: DataView, each: (event: TraceEvent) => void): void {
  const { start, end } = bufferOf(core, view, EVENTS);
  const layout = TraceEventLayout;
  for (let at = start; at < end; at += view.getUint32(at + layout.size.offset, true)) {
    const number = (field: { offset: number }) => view.getUint32(at + field.offset, true);
    const macAt = at + EVENT_BYTES;
    const dataAt = macAt + number(layout.macLength);
    each({
      kind: number(layout.kind),
      number: number(layout.number),
      hook: number(layout.hook),
      inDevice: number(layout.inDevice),
      outDevice: number(layout.outDevice),
      mark: number(layout.mark),
      subject: number(layout.subject),
      detail: number(layout.detail),
      packetLength: number(layout.packetLength),
      timeNs: view.getBigUint64(at + layout.timeNs.offset, true),
      packet: number(layout.packet),
      origin: number(layout.origin),
      bridgeIn: number(layout.bridgeIn),
      bridgeOut: number(layout.bridgeOut),
      mac: copyOf(view, macAt, dataAt),
      data: copyOf(view, dataAt, dataAt + number(layout.dataLength)),
    });
  }
}

/** Most events have no bytes, and an empty buffer takes as long to make as the rest of the event. */
const NO_BYTES = new Uint8Array();

function copyOf(view: DataView, start: number, end: number): Uint8Array {
  return start === end ? NO_BYTES : new Uint8Array(view.buffer.slice(start, end) as ArrayBuffer);
}
