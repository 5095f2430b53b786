import { instantiateSync } from "@assemblyscript/loader";

/** The exports of the core (assembly/index.ts) that the host calls. Addresses and counts are numbers, times bigints. */
export interface Core {
  readonly memory: WebAssembly.Memory;
  /** A zeroed block of memory outside the garbage collector. */
  allocate(size: number): number;
  release(address: number): void;
  /** Blocks of `allocate` that were not given back, and their bytes. */
  allocatedBlocks(): number;
  allocatedBytes(): number;
  /** Pages of 64 KiB that are handed out, of those that memory has. */
  usedPages(): number;
  /** Lets memory have so many pages before they are needed, or as many as the engine gives. */
  reservePages(count: number): void;
  /** Records in use of all pools. */
  pooledRecords(): number;
  configAddress(): number;
  seedRandom(seed: bigint): void;
  /** The key of the connection table's hash, before there are connections. */
  seedTupleHash(seed: bigint): void;
  setHz(hz: number): void;
  /** Sets the clock, in nanoseconds, before anything with a timeout is loaded. */
  startAt(ns: bigint): void;
  /** Virtual time: the greatest timestamp seen so far, in nanoseconds. */
  now(): bigint;
  processChunk(address: number, length: number): number;
  runUntil(ns: bigint): void;
  outputAddress(output: number): number;
  clearOutputs(): void;
  /**
   * Writes the frames that wait as packet blocks of a pcapng, over the blocks of an earlier call; `localBlock`: the interface block
   * of delivered packets.
   */
  writeBlocks(localBlock: number): void;
  /** The same, each block with the comment on its packet's path; answers a path whose comment is not known, -1 when all are written. */
  writeExplainedBlocks(localBlock: number): number;
  /** The block at this address belongs to the core then: length of an encoded option, and the option. */
  setPathComment(path: number, comment: number): void;
  /** Counts, by path, the endings that wait; `firstTally` is the first `PathTally`. */
  tallyEndings(): void;
  firstTally(): number;
  totalsAddress(): number;
  pathNodes(): number;
  pathCount(): number;
  livePackets(): number;

  // reading captures (assembly/capture/host.ts); records are `InputRecord`s
  /** A piece of a file's bytes: room of so many, held until `closePiece` and as long as records in it wait. */
  openPiece(room: number): number;
  closePiece(piece: number): void;
  pieceAddress(piece: number): number;
  /** Makes room for records; they move. */
  reserveRecords(more: number): void;
  /** Where so many `SectionInterface` go, for `scanRecords`. */
  sectionInterfaces(count: number): number;
  /** The `CaptureScan` that says where `scanRecords` reads, and where it ended. */
  captureScanAddress(): number;
  /** Reads packet records; answers how many. */
  scanRecords(): number;
  /** A zeroed record for one that the host read itself, and the piece that its frame lies in. */
  addRecord(): number;
  holdPiece(piece: number): void;
  /** Merges by time what has been read; answers how many records have their place, `releasedRecords` of them where they are. */
  mergeRecords(windowNs: number): number;
  mergeRest(): number;
  releasedRecords(released: number): number;
  mergeTotalsAddress(): number;
  /** The `Arrival` of an interface of the capture. */
  arrivalOf(source: number): number;
  hasUnknownSource(records: number, count: number): number;
  /** Makes records input; the `Arrived` says what came of it. */
  arrive(records: number, count: number): void;
  arrivedAddress(): number;
  /** Tells of the node's devices: a `PlaceKind`, what is known (two times 32 bits), and the answer (the same). */
  setPlace(kind: number, upper: number, lower: number, valueUpper: number, valueLower: number): void;
  askedRecords(): number;
  dropRejected(records: number, count: number): number;

  // devices and routing (assembly/packet/device.ts, assembly/route/host.ts)
  reserveDevices(count: number): number;
  devicesWritten(): void;
  /** The `Device` record of a number. */
  device(number: number): number;
  clearRoutes(): void;
  /** Routes remembered for flows no longer hold: a setting of a device changed. */
  forgetRoutes(): void;
  /** As the kernel does when routes, rules or addresses change, and for some settings. */
  flushRoutes(): void;
  /** MTUs that ICMP errors told are forgotten. */
  forgetPathMtus(): void;
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
  /** The `Snooper` record of a bridge that begins to read who asks for which groups. */
  newSnooper(bridge: number): number;
  /** A port's `RouterPort`, and for how many ticks more a router of the family is known to be behind it, 0: none. */
  setPortRouter(port: number, kind: number, family: number, ticks: number): void;
  /** Somebody, whose address lies there, asks a bridge for members, for so many ticks more. */
  setQuerier(bridge: number, family: number, address: number, ticks: number): void;
  /** A port of a bridge, 0: the node, belongs to a group for so many ticks more, 0: for good. */
  setGroupMember(bridge: number, port: number, family: number, address: number, mac: number, ticks: number): void;
  /** A port of a bridge went down. */
  forgetPort(bridge: number, port: number): void;
  /** Are there routes of type local that no address explains? */
  setCustomLocalRoutes(present: number): void;
  /** Where the six bytes of the MAC address go; `address` is where 16 bytes of IP address lie. */
  newNeighbour(device: number, family: number, address: number): number;

  // NAT (assembly/nat/host.ts)
  /** Ends connections masqueraded for a device and an address of it (where it lies, its family), 0: for any address. */
  endMasqueraded(device: number, address: number, family: number): void;

  // conntrack (assembly/conntrack/host.ts)
  entryCount(): number;
  /** A rule asks for connection tracking in this family (4 or 6) after none did. */
  resumeTracking(family: number): void;
  /** Looks over the whole table: `ConntrackFault` bits, 0 when all is well. */
  auditConnections(): number;
  /** Buckets that a look-up walks at most. */
  longestChain(): number;
  /** Connections that were open before their first packet here, as far as they are named; `openFlow` has their `OpenFlow`. */
  openFlowCount(): number;
  openFlow(number: number): number;
  /** Packets that showed such connections, and those of them that no named one has. */
  openFlowPackets(): number;
  openFlowsUnnamed(): number;
  /** Address of an `EntryRecord` to fill before `restoreEntry`. */
  entryToRestore(): number;
  /** Enters the filled record as a connection that has long been open; 0 when one of its tuples is taken. */
  restoreEntry(): number;
  /** Begins a walk over the table. */
  firstEntry(): void;
  /** Address of an `EntryRecord` for the next living entry, overwritten by the next call; 0 at the end. */
  nextEntry(): number;
  /** Address of an `ExpectationRecord` to fill before `restoreExpectation`, which gives 0 when nothing can expect it. */
  expectationToRestore(): number;
  restoreExpectation(): number;
  firstExpectation(): void;
  /** Address of an `ExpectationRecord`, 0 at the end. */
  nextExpectation(): number;
  /** Ends the entry that `nextEntry` described last. */
  deleteEntry(): void;
  /** Changes it: mark, `IPS_*` bits to set, and the seconds that it lives from now on (-1: as before). */
  changeEntry(mark: number, status: number, secondsLeft: number): void;

  // rules (assembly/iptables/host.ts)
  /** Puts a table's image (an address; 0: none) in place of the one that was there. The image belongs to the core then. */
  replaceTable(family: number, table: number, image: number): void;
  /** Moves what was counted by walks into the records of rules and chains. */
  foldWalks(): void;
  /** The `Account` record of an object of -m nfacct, by its number. */
  accountAddress(number: number): number;
  tableWalks(): number;
  tableWalkCount(): number;

  // ipset (assembly/ipset/host.ts); sets are numbered from 1, members go through the record at memberAddress
  newSet(number: number): number;
  finishSet(number: number): void;
  setAddress(number: number): number;
  memberAddress(): number;
  addSetMember(number: number, exist: boolean): number;
  removeSetMember(number: number): number;
  testSetMember(number: number): number;
  flushSet(number: number): void;
  destroySet(number: number): void;
  swapSets(a: number, b: number): void;
  beginListing(number: number): void;
  listMembers(): number;
  listingAddress(): number;
  isVolatileSet(number: number): number;
  setGeneration(number: number): bigint;

  // IPVS (assembly/ipvs/host.ts)
  ipvsServiceRequest(): number;
  ipvsServerRequest(): number;
  ipvsAddService(): number;
  ipvsEditService(): number;
  ipvsDeleteService(): number;
  ipvsAddServer(): number;
  ipvsEditServer(): number;
  ipvsDeleteServer(): number;
  ipvsClear(): void;
  ipvsZeroService(): number;
  ipvsZeroServices(): void;
  ipvsSetTimeouts(tcp: number, tcpFin: number, udp: number): void;
  /** Brings counters (an `IpvsStats`) to where the estimator left them. */
  ipvsSettleStats(stats: number): void;
  ipvsServices(): number;
  ipvsConnectionAfter(connection: number): number;
}

/** What a core can be made from: a compiled module, its bytes, or a response that brings them. */
export type CoreSource = WebAssembly.Module | BufferSource | Response | PromiseLike<Response>;

let packaged: Promise<WebAssembly.Module> | undefined;

/**
 * A fresh core with empty tables.
 *
 * @param source the module to use instead of the one inside the package: needed only where a page forbids compiling
 *   inlined WebAssembly, or to stream `hookwalk/core.wasm`.
 * @throws WebAssembly.CompileError when `source` is not a core.
 */
export async function instantiateCore(source?: CoreSource): Promise<Core> {
  if (source === undefined) packaged ??= compilePackaged();
  const module = source === undefined ? await packaged! : await compileSource(await source);
  return instantiateSync(module, {}).exports as unknown as Core;
}

/** Whether it is a Response is asked last: for that word alone Node loads its HTTP client, which takes longer than compiling. */
function compileSource(source: WebAssembly.Module | BufferSource | Response): Promise<WebAssembly.Module> {
  if (source instanceof WebAssembly.Module) return Promise.resolve(source);
  if (source instanceof ArrayBuffer || ArrayBuffer.isView(source)) return WebAssembly.compile(source);
  return WebAssembly.compileStreaming(source as Response);
}

/** Text is loaded only when asked for: a page that brings the module itself need not fetch it twice. */
async function compilePackaged(): Promise<WebAssembly.Module> {
  const bytes = readPackaged();
  if (bytes) return WebAssembly.compile(bytes);
  const { CORE_WASM_BASE64 } = await import("./core.generated.ts");
  return WebAssembly.compile(bytesOfBase64(CORE_WASM_BASE64));
}

/** Where the module's file is from the package's own code; the package's build says it, elsewhere there is none. */
declare const PACKAGED_CORE: string;

/** Node reads the file in a tenth of the time that the text takes. */
function readPackaged(): BufferSource | undefined {
  if (typeof PACKAGED_CORE === "undefined") return undefined;
  const { process } = globalThis as { process?: { getBuiltinModule?(name: string): typeof import("node:fs") } };
  try {
    return process?.getBuiltinModule?.("node:fs").readFileSync(new URL(PACKAGED_CORE, import.meta.url));
  } catch {
    // Put together with other code, or taken apart: the text is there in any case.
    return undefined;
  }
}

function bytesOfBase64(text: string): Uint8Array<ArrayBuffer> {
  const binary = atob(text);
  const bytes = new Uint8Array(binary.length);
  for (let i = 0; i < binary.length; i++) bytes[i] = binary.charCodeAt(i);
  return bytes;
}
