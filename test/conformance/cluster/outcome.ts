import { LINKTYPE_ETHERNET, LINKTYPE_LINUX_SLL2, LINKTYPE_NFLOG, PcapngWriter } from "../../../src/capture/index.ts";
import type { Node } from "../../../src/model/node.ts";
import { nflogRecord } from "../../support/nflog.ts";
import { compareResults } from "../compare/index.ts";
import { isIcmpError, viewOf } from "../compare/ip-view.ts";
import type { Mask, Masks } from "../compare/mask-names.ts";
import { maskPacket } from "../compare/mask-packet.ts";
import { type CapturedPacket, readPcapng } from "../compare/pcapng.ts";
import type { Difference, ResultFiles } from "../compare/results.ts";
import { replayScenario } from "../replay.ts";
import { type ClusterCase, inOrder, sentByNode } from "./case.ts";
import { withChosenEndpoints, withoutChoices } from "./chosen-endpoint.ts";
import { type ChosenPort, chosenPort, sameButPort, withChosenPorts } from "./chosen-port.ts";
import { headersOf } from "./headers.ts";
import { SegmentSizes } from "./segments.ts";
import { ANY, type Departure, ETHERNET_HEADER, LOCAL } from "./traffic.ts";

const LINK_TYPES: Readonly<Record<string, number>> = { [LOCAL]: LINKTYPE_NFLOG, [ANY]: LINKTYPE_LINUX_SLL2 };
const LO = "lo";
const MOST_REPLAYS = 50;
/** TTL of packets that begin here; forwarded ones have less. */
const FRESH_TTL = 64;

/** What a capture does not say, and shows by what left. */
export interface Unsaid {
  /** Packets that the node's own stack sent, known by what nothing in the capture caused. */
  readonly ownPackets: number;
  /** Source ports of masquerading that were chosen otherwise than the kernel did. */
  readonly ports: number;
  /** Flows whose endpoint the kernel drew. */
  readonly endpoints: number;
  /** Large pieces of the node's own TCP, cut into segments behind the last hook. */
  readonly pieces: number;
}

export interface ClusterOutcome {
  readonly unsaid: Unsaid;
  /** Packets that left and came out of the replay too. */
  readonly samePackets: number;
  readonly differences: readonly Difference[];
}

/**
 * Replays what came in, and compares what left and the state afterwards. What the recording does not say shows in what
 * left, and goes into another replay: what the node's own stack sent (a local address, a fresh TTL, and no such packet came
 * out), endpoints that the kernel drew, and source ports that it chose by chance (all the packets are then as if it had
 * chosen ours).
 */
export async function runClusterCase(recorded: ClusterCase, masks: Masks): Promise<ClusterOutcome> {
  let current = recorded;
  let ownPackets = 0;
  let ports = 0;
  for (let replays = 1; ; replays++) {
    const { results, actual, endpoints, pieces } = await replayOutputs(current);
    const matches = matched(current, actual, masks);
    const missing = matches.filter(({ output }) => !output).map(({ departure }) => departure);
    const own =
      replays === 1 && !recorded.isExplained ? missing.filter((packet) => isUnrecorded(packet, recorded)) : [];
    const chosen = own.length > 0 ? [] : chosenPorts(current, missing, unmatched(actual, matches));
    if ((own.length === 0 && chosen.length === 0) || replays === MOST_REPLAYS) {
      const samePackets = matches.length - missing.length;
      const differences = differencesOf(current, results, actual, masks);
      return { unsaid: { ownPackets, ports, endpoints, pieces }, samePackets, differences };
    }
    ownPackets += own.length;
    ports += chosen.length;
    const arrivals = inOrder([...current.arrivals, ...own.map(sentByNode)]);
    current = chosen.length > 0 ? withChosenPorts(current, chosen) : { ...current, arrivals };
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

/**
 * Ports that were chosen otherwise, told by packets that left and came out alike but for them. Of flows to the same peer
 * only the first: each decides which ports are left for those after it.
 */
function chosenPorts({ isCut }: ClusterCase, missing: readonly Departure[], extra: readonly Output[]): ChosenPort[] {
  const likeIt = new Map(extra.map((output) => [`${output.interfaceName} ${sameButPort(ipOf(output.bytes))}`, output]));
  const ports = new Map<string, ChosenPort>();
  for (const { interface: name, bytes } of missing) {
    const packet = ipOf(isCut ? headersOf(bytes) : bytes);
    const output = likeIt.get(`${name} ${sameButPort(packet)}`);
    const port = output && chosenPort(packet, ipOf(output.bytes));
    const others = port && `${port.protocol} ${port.own} ${port.peer} ${port.peerPort}`;
    if (others && !ports.has(others)) ports.set(others, port);
  }
  return [...ports.values()];
}

interface Replayed extends Pick<Unsaid, "endpoints" | "pieces"> {
  readonly results: ResultFiles;
  readonly actual: readonly Output[];
}

async function replayOutputs(recorded: ClusterCase): Promise<Replayed> {
  const { files, endpoints } = withChosenEndpoints(recorded);
  const node = new Map(files).set("in.pcapng", inputCapture(recorded));
  const results = new Map(await replayScenario({ node }, {}));
  if (endpoints > 0) results.set("ipset.save", withoutChoices(results.get("ipset.save")!));
  const segments = new SegmentSizes(recorded.departures);
  let pieces = 0;
  const actual = readPcapng(results.get("out.pcapng")!)
    .filter(isOnWire)
    .flatMap(({ interfaceName, bytes, comment }) => {
      const number = Number(comment.replace("in=", ""));
      const frames = recorded.hasLocal ? segments.cut(interfaceName, bytes) : [bytes];
      if (frames.length > 1) pieces++;
      return frames.map((frame) => ({ interfaceName, bytes: recorded.isCut ? headersOf(frame) : frame, number }));
    });
  return { results, actual, endpoints, pieces };
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
  for (const { timeNs, interface: name, bytes, wireLength } of arrivals) {
    const frame = name === LOCAL ? nflogRecord(bytes) : bytes;
    const added = frame.length - bytes.length;
    writer.write({ interface: indexOf(name), ...timeOf(timeNs), bytes: frame, wireLength: wireLength + added });
  }
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
    const frame = recorded.isAny && output ? withHeaderOf(output, departure) : departure.bytes;
    const bytes = recorded.isCut ? headersOf(frame) : frame;
    const number = cause ? numbers.get(cause)! : (output?.number ?? 0);
    const mask = isKernelError(bytes, isOwn) ? " mask=ip-id" : "";
    return { interfaceName, bytes, number, comment: `in=${number}${mask}` };
  });
  return outputCapture(recorded.node, outputs);
}

function withHeaderOf({ bytes }: Output, departure: Departure): Uint8Array {
  return Buffer.concat([bytes.subarray(0, ETHERNET_HEADER), ipOf(departure.bytes)]);
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

/** Of the node's own stack, and in no other capture (which has no ICMP errors, see local-packets.ts). */
function isUnrecorded({ bytes }: Departure, { node, hasLocal }: ClusterCase): boolean {
  const packet = ipOf(bytes);
  if (hasLocal && !isIcmpError(viewOf(packet)!, packet)) return false;
  return ownSource(node)(packet) && packet[packet[0]! >> 4 === 4 ? 8 : 7] === FRESH_TTL;
}

function ownSource({ interfaces }: Node): IsOwn {
  const own = new Set(interfaces.flatMap(({ addresses }) => addresses.map(({ address }) => hex(address))));
  return (packet) => own.has(hex(packet[0]! >> 4 === 4 ? packet.subarray(12, 16) : packet.subarray(8, 24)));
}

function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString("hex");
}

function captureOf({ interfaces }: Node) {
  const names = [...interfaces.map(({ name }) => name), LOCAL, ANY];
  const writer = new PcapngWriter(names.map((name) => ({ name, linkType: LINK_TYPES[name] ?? LINKTYPE_ETHERNET })));
  return { writer, indexOf: (name: string) => names.indexOf(name) };
}

function timeOf(timeNs: bigint): { timeHigh: number; timeLow: number } {
  return { timeHigh: Number(timeNs >> 32n), timeLow: Number(timeNs & 0xffffffffn) };
}
