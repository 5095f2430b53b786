import { instantiate } from "@assemblyscript/loader";
import { CORE_WASM_BASE64 } from "./core.generated.ts";

/** The exports of the core (assembly/index.ts) that the host calls. Addresses and counts are numbers, times bigints. */
export interface Core {
  readonly memory: WebAssembly.Memory;
  /** A zeroed block of memory outside the garbage collector. */
  allocate(size: number): number;
  release(address: number): void;
  configAddress(): number;
  seedRandom(seed: bigint): void;
  setHz(hz: number): void;
  /** Sets the clock, in nanoseconds, before anything with a timeout is loaded. */
  startAt(ns: bigint): void;
  /** Virtual time: the greatest timestamp seen so far, in nanoseconds. */
  now(): bigint;
  processChunk(address: number, length: number): number;
  runUntil(ns: bigint): void;
  outputAddress(output: number): number;
  clearOutputs(): void;
  totalsAddress(): number;
  pathNodes(): number;
  pathCount(): number;
  livePackets(): number;

  // devices and routing (assembly/packet/device.ts, assembly/route/host.ts)
  reserveDevices(count: number): number;
  devicesWritten(): void;
  /** The `Device` record of a number. */
  device(number: number): number;
  clearRoutes(): void;
  /** Routes remembered for flows no longer hold: a setting of a device changed. */
  forgetRoutes(): void;
  /** A zeroed `FibEntry` with room for so many `FibNextHop` behind it; `insertRoute` gives it to the core. */
  newRoute(nextHops: number): number;
  insertRoute(entry: number): void;
  clearPolicyRules(): void;
  /** A zeroed `PolicyRule`, after those made before it. */
  newPolicyRule(): number;
  policyRulesWritten(custom4: number, custom6: number): void;
  clearNeighbours(): void;
  /** A port of a bridge behind which an address is, 0: the bridge's own; `mac` is where its six bytes lie. */
  setFdbEntry(bridge: number, mac: number, port: number, flags: number): void;
  /** Are there routes of type local that no address explains? */
  setCustomLocalRoutes(present: number): void;
  /** Where the six bytes of the MAC address go; `address` is where 16 bytes of IP address lie. */
  newNeighbour(device: number, family: number, address: number): number;

  // conntrack (assembly/conntrack/host.ts)
  entryCount(): number;
  /** A rule asks for connection tracking in this family (4 or 6) after none did. */
  resumeTracking(family: number): void;
  /** Packets in the middle of TCP connections that the table did not know. */
  midStreamPickups(): number;
  /** Address of an `EntryRecord` to fill before `restoreEntry`. */
  entryToRestore(): number;
  /** Enters the filled record as a connection that has long been open; 0 when one of its tuples is taken. */
  restoreEntry(): number;
  /** Begins a walk over the table. */
  firstEntry(): void;
  /** Address of an `EntryRecord` for the next living entry, overwritten by the next call; 0 at the end. */
  nextEntry(): number;
  firstExpectation(): void;
  /** Address of an `ExpectationRecord`, 0 at the end. */
  nextExpectation(): number;
