/** What the host may call, and nothing else: each subsystem's own list is its `host.ts`. */
import "./memory/abort";

export * from "./bridge/host";
export * from "./capture/host";
export * from "./conntrack/host";
export * from "./ipset/host";
export * from "./iptables/host";
export * from "./ipvs/host";
export { allocate, allocatedBlocks, allocatedBytes, release } from "./memory/allocate";
export { reservePages, usedPages } from "./memory/pages";
export { pooledRecords } from "./memory/pool";
export * from "./nat/host";
export { advanceTo, now, setHz, startAt } from "./packet/clock";
export { configAddress } from "./packet/config";
export { device, reserveDevices } from "./packet/device";
export { livePackets } from "./packet/packet";
export { seedRandom } from "./packet/random";
export {
  clearOutputs,
  firstTally,
  outputAddress,
  pathCount,
  pathNodes,
  setPathComment,
  tallyEndings,
  totalsAddress,
  writeBlocks,
  writeExplainedBlocks,
} from "./results";
export * from "./route/host";
export { processChunk, runUntil } from "./run";
