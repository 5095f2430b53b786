/**
 * The part of hookwalk that replays packets and nothing else, for programs that start often or a page that loads it over a slow line: half
 * of the code of `hookwalk`, from which all of this can be had, too.
 *
 * @example
 * import { parseNode, verdicts } from "hookwalk/replay";
 *
 * for await (const { packet, fate, reason } of verdicts(parseNode(files), captureBytes)) console.log(packet, fate, reason ?? "");
 *
 * @module hookwalk/replay
 */
export type { CaptureSource } from "./capture/index.ts";
export { CaptureError, type CaptureErrorCode } from "./capture/index.ts";
export { ConfigError, type ConfigErrorCode } from "./config/error.ts";
export { type NodeOptions, parseNode } from "./config/node.ts";
export type { CoreSource } from "./core/core.ts";
export { type InterfaceChoice, InterfaceError } from "./engine/arrivals.ts";
export type { InputPacket } from "./engine/chunk.ts";
export { Emulator, type EmulatorOptions } from "./engine/emulator.ts";
export type { Ending, OutputFrame, OutputSink, TraceEvent } from "./engine/outputs.ts";
export { type Replayed, type ReplayOptions, replay } from "./engine/replay.ts";
export type { Node, Warning } from "./model/node.ts";
export { Summary } from "./report/summary.ts";
export { type Verdict, verdicts } from "./report/verdicts.ts";
