import { LINKTYPE_ETHERNET, LINKTYPE_RAW, PcapngWriter } from "../../../src/capture/index.ts";
import type { Node } from "../../../src/model/node.ts";
import { compareResults } from "../compare/index.ts";
import { isIcmpError, viewOf } from "../compare/ip-view.ts";
import type { Mask, Masks } from "../compare/mask-names.ts";
import { maskPacket } from "../compare/mask-packet.ts";
import { type CapturedPacket, readPcapng } from "../compare/pcapng.ts";
import type { Difference, ResultFiles } from "../compare/results.ts";
import { replayScenario } from "../replay.ts";
import { type ClusterCase, inOrder, sentByNode } from "./case.ts";
import { type ChosenPort, chosenPort, withChosenPort } from "./chosen-port.ts";
import { headersOf } from "./headers.ts";
import { type Departure, ETHERNET_HEADER, LOCAL } from "./traffic.ts";

const LO = "lo";
const MOST_REPLAYS = 10;
/** TTL of packets that begin here; forwarded ones have less. */
const FRESH_TTL = 64;

export interface ClusterOutcome {
  /** Packets that the node's own stack sent, known by what nothing in the capture caused. */
  readonly ownPackets: number;
  /** Source ports of masquerading that were chosen otherwise than the kernel did. */
  readonly chosenPorts: number;
  /** Packets that left and came out of the replay too. */
  readonly samePackets: number;
  readonly differences: readonly Difference[];
}

/**
 * Replays what came in, and compares what left and the state afterwards. What the recording does not say shows in what
 * left, and goes into another replay: what the node's own stack sent (a local address, a fresh TTL, and no such packet came
 * out), and source ports that the kernel chose by chance (all the packets are then as if it had chosen ours).
 */
export async function runClusterCase(recorded: ClusterCase, masks: Masks): Promise<ClusterOutcome> {
  const isOwn = ownSource(recorded.node);
  let current = recorded;
  let ownPackets = 0;
  let chosenPorts = 0;
  for (let replays = 1; ; replays++) {
    const { results, actual } = await replayOutputs(current);
    const matches = matched(current, actual, masks);
    const missing = matches.filter(({ output }) => !output).map(({ departure }) => departure);
    const own = replays === 1 && !recorded.isExplained ? missing.filter(({ bytes }) => isFresh(bytes, isOwn)) : [];
    // One thing at a time: each changes what is chosen after it.
    const port = own.length > 0 ? undefined : firstChosenPort(current, missing, unmatched(actual, matches));
    if ((own.length === 0 && !port) || replays === MOST_REPLAYS) {
      const samePackets = matches.length - missing.length;
      return { ownPackets, chosenPorts, samePackets, differences: differencesOf(current, results, actual, masks) };
    }
    ownPackets += own.length;
    if (port) chosenPorts++;
    const arrivals = inOrder([...current.arrivals, ...own.map(sentByNode)]);
    current = port ? withChosenPort(current, port) : { ...current, arrivals };
  }
}

function differencesOf(recorded: ClusterCase, results: ResultFiles, actual: readonly Output[], masks: Masks) {
  const expected = new Map(recorded.expected).set("out.pcapng", expectedCapture(recorded, actual, masks));
  const got = new Map(results).set("out.pcapng", outputCapture(recorded.node, actual));
  return compareResults(expected, got, masks);
}

function unmatched(actual: readonly Output[], matches: readonly Match[]): Output[] {
  const used = new Set(matches.map(({ output }) => output));
  return actual.filter((output) => !used.has(output));
}

/** The first port that was chosen otherwise, told by packets that left and came out alike but for it. */
function firstChosenPort(
  { isCut }: ClusterCase,
  missing: readonly Departure[],
  extra: readonly Output[],
): ChosenPort | undefined {
  for (const { interface: name, bytes } of missing) {
    const packet = ipOf(isCut ? headersOf(bytes) : bytes);
    for (const output of extra) {
      const port = output.interfaceName === name ? chosenPort(packet, ipOf(output.bytes)) : undefined;
      if (port) return port;
    }
  }
  return undefined;
}

async function replayOutputs(recorded: ClusterCase): Promise<{ results: Map<string, Uint8Array>; actual: Output[] }> {
  const files = new Map(recorded.files).set("in.pcapng", inputCapture(recorded));
  const results = new Map(await replayScenario({ node: files }, {}));
  const actual = readPcapng(results.get("out.pcapng")!)
    .filter(isOnWire)
    .map(({ interfaceName, bytes, comment }) => ({
      interfaceName,
      bytes: recorded.isCut ? headersOf(bytes) : bytes,
      number: Number(comment.replace("in=", "")),
    }));
  return { results, actual };
}

interface Match {
  readonly departure: Departure;
  /** The same packet among those that came out, if there is one. */
  readonly output?: Output;
}

/** Finds what left among what came out, each packet once. */
function matched({ node, departures, isCut }: ClusterCase, actual: readonly Output[], masks: Masks): Match[] {
  const isOwn = ownSource(node);
  const waiting = new Map<string, Output[]>();
  for (const output of actual) {
    const key = keyOf(output.interfaceName, output.bytes, isOwn, masks);
    const list = waiting.get(key);
    if (list) list.push(output);
    else waiting.set(key, [output]);
  }
  return departures.map((departure) => {
    const bytes = isCut ? headersOf(departure.bytes) : departure.bytes;
    return { departure, output: waiting.get(keyOf(departure.interface, bytes, isOwn, masks))?.shift() };
  });
}

interface Output {
  readonly interfaceName: string;
  readonly bytes: Uint8Array;
  /** Number of the packet that caused it. */
  readonly number: number;
  readonly comment?: string;
}

/** `lo` was not captured, nor what was delivered to the node. */
function isOnWire({ interfaceName }: CapturedPacket): boolean {
  return interfaceName !== LOCAL && interfaceName !== LO;
}

function inputCapture({ node, arrivals }: ClusterCase): Uint8Array {
  const { writer, indexOf } = captureOf(node);
  for (const { timeNs, interface: name, bytes, wireLength } of arrivals)
    writer.write({ interface: indexOf(name), ...timeOf(timeNs), bytes, wireLength });
  return writer.take();
}

function outputCapture(node: Node, outputs: readonly Output[]): Uint8Array {
  const { writer, indexOf } = captureOf(node);
  for (const { interfaceName, bytes, number, comment } of outputs)
    writer.write({
      interface: indexOf(interfaceName),
      timeHigh: 0,
      timeLow: 0,
      bytes,
      wireLength: bytes.length,
      comments: [comment ?? `in=${number}`],
    });
  return writer.take();
}

/** What left, each packet with the number of what caused it: as recorded, or of the same packet in what came out. */
function expectedCapture(recorded: ClusterCase, actual: readonly Output[], masks: Masks): Uint8Array {
  const numbers = new Map(recorded.arrivals.map((arrival, i) => [arrival, i + 1]));
  const isOwn = ownSource(recorded.node);
  const outputs = matched(recorded, actual, masks).map(({ departure, output }): Output => {
    const { interface: interfaceName, cause } = departure;
    const bytes = recorded.isCut ? headersOf(departure.bytes) : departure.bytes;
    const number = cause ? numbers.get(cause)! : (output?.number ?? 0);
    const mask = isKernelError(bytes, isOwn) ? " mask=ip-id" : "";
    return { interfaceName, bytes, number, comment: `in=${number}${mask}` };
  });
  return outputCapture(recorded.node, outputs);
}

type IsOwn = (packet: Uint8Array) => boolean;

function keyOf(name: string, frame: Uint8Array, isOwn: IsOwn, masks: Masks): string {
  const isError = isKernelError(frame, isOwn);
  const { bytes } = maskPacket(ipOf(frame), isError ? new Set<Mask>([...masks, "ip-id"]) : masks);
  return `${name} ${Buffer.from(bytes).toString("latin1")}`;
}

/** An ICMP error of the node's own: the kernel chose its identification. */
function isKernelError(frame: Uint8Array, isOwn: IsOwn): boolean {
  const packet = ipOf(frame);
  const view = viewOf(packet);
  return view !== undefined && isIcmpError(view, packet) && isOwn(packet);
}

function ipOf(frame: Uint8Array): Uint8Array {
  return frame.subarray(ETHERNET_HEADER);
}

function isFresh(frame: Uint8Array, isOwn: IsOwn): boolean {
  const packet = ipOf(frame);
  return isOwn(packet) && packet[packet[0]! >> 4 === 4 ? 8 : 7] === FRESH_TTL;
}

function ownSource({ interfaces }: Node): IsOwn {
  const own = new Set(interfaces.flatMap(({ addresses }) => addresses.map(({ address }) => hex(address))));
  return (packet) => own.has(hex(packet[0]! >> 4 === 4 ? packet.subarray(12, 16) : packet.subarray(8, 24)));
}

function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString("hex");
}

function captureOf({ interfaces }: Node) {
  const names = [...interfaces.map(({ name }) => name), LOCAL];
  const writer = new PcapngWriter(
    names.map((name) => ({ name, linkType: name === LOCAL ? LINKTYPE_RAW : LINKTYPE_ETHERNET })),
  );
  return { writer, indexOf: (name: string) => names.indexOf(name) };
}

function timeOf(timeNs: bigint): { timeHigh: number; timeLow: number } {
  return { timeHigh: Number(timeNs >> 32n), timeLow: Number(timeNs & 0xffffffffn) };
}
