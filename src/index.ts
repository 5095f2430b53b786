export type { CaptureSource } from "./capture/index.ts";
export { CaptureError } from "./capture/index.ts";
export { ConfigError } from "./config/error.ts";
export { type NodeOptions, parseNode } from "./config/node.ts";
export { InterfaceError } from "./engine/arrivals.ts";
export { Emulator, type EmulatorOptions } from "./engine/emulator.ts";
export { type Replayed, type ReplayOptions, replay } from "./engine/replay.ts";
export { FrameWriter } from "./report/frames.ts";
export { Results } from "./report/results.ts";
