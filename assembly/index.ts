/** What the host may call, and nothing else. */
import "./memory/abort";

export { allocate, release } from "./memory/allocate";
export { configAddress } from "./packet/config";
export { devicesWritten, reserveDevices } from "./packet/device";
export { seedRandom } from "./packet/random";
export { advanceTo, setHz, startAt } from "./packet/clock";
export { loadedTable, reserveChains } from "./iptables/rule";
export { indexChainById } from "./iptables/chain-index";
export { endRun, processChunk, runUntil } from "./run";
export { clearOutputs, outputAddress, pathCount, pathNodes, totalsAddress } from "./results";
export { livePackets } from "./packet/packet";
export { foldWalks, forgetWalks, reserveRules, tableWalkCount, tableWalks } from "./iptables/walk-memory";
