import { existsSync, readdirSync, readFileSync } from "node:fs";
import { basename, join } from "node:path";
import { gunzipSync } from "node:zlib";
import { PacketType } from "../../../assembly/abi/netfilter.ts";
import { type CapturePacket, LinkHeader, readCapture, readLink } from "../../../src/capture/index.ts";
import { parseNode } from "../../../src/index.ts";
import type { Node } from "../../../src/model/node.ts";
import type { ResultFiles } from "../compare/results.ts";
import { filesOfFolder } from "../corpus.ts";
import { readTar } from "../tar.ts";
import { atWireTimes, readLocalPackets } from "./local-packets.ts";
import { ANY, type Arrival, type Departure, ETHERNET_HEADER, LOCAL, SLL2_HEADER } from "./traffic.ts";

const ARCHIVE = ".tar.gz";
const EXPECTED = "expected/";
const CAPTURE = "capture.pcapng";
const ANY_CAPTURE = "capture-any.pcap";
/** Behind the name of a case: its capture of `any`. */
const OF_ANY = ":any";
export const LOCAL_CAPTURE = "local-nflog.pcap";
/** Capture of a whole node, with the node's state before and after. */
export interface ClusterCase {
  readonly name: string;
  readonly files: ReadonlyMap<string, Uint8Array>;
  readonly node: Node;
  readonly expected: ResultFiles;
  /** The capture as it was taken. */
  readonly capture: Uint8Array;
  /** In order of time. */
  readonly arrivals: readonly Arrival[];
  readonly departures: readonly Departure[];
  /** Are frames cut, so that only their headers can be compared? */
  readonly isCut: boolean;
  /** Does the recording say what caused each packet that left? */
  readonly isExplained: boolean;
  /** Was it captured on `any`, which does not show the next hop's address? */
  readonly isAny: boolean;
  /** Is there a capture of what the node's own stack sent? */
  readonly hasLocal: boolean;
}

/** Numbers of packets in the order of the file, from 1. */
export interface Causes {
  /** What left, by the number of what caused it. */
  readonly causes: Readonly<Record<string, readonly number[]>>;
  /** What the node's own stack sent. */
  readonly local: readonly number[];
}

/**
 * Reads a case, of a folder or of an archive; with `:any` behind the path its capture of `any`. The node's `end` becomes the
 * time of the final state.
 */
export async function readClusterCase(path: string): Promise<ClusterCase> {
  const name = basename(path, ARCHIVE);
  const isAny = path.endsWith(OF_ANY);
  const all = filesOf(isAny ? path.slice(0, -OF_ANY.length) : path);
  const expected = new Map(
    all.filter(([path]) => path.startsWith(EXPECTED)).map(([path, bytes]) => [path.slice(EXPECTED.length), bytes]),
  );
  const files = new Map(all.filter(([path]) => !path.startsWith(EXPECTED) && path !== CAPTURE));
  const scenario = JSON.parse(new TextDecoder().decode(files.get("scenario.json"))) as {
    end_time: number;
    snaplen: number;
  };
  files.set("scenario.json", new TextEncoder().encode(JSON.stringify({ ...scenario, end: scenario.end_time })));
  // Where the node knew nobody at the start, ARP is in the capture: the emulator gets what the node learned by it.
  if (parseNode(files).neighbours.length === 0) files.set("neigh.json", expected.get("neigh.json")!);
  const node = parseNode(files);
  const capture = new Map(all).get(isAny ? ANY_CAPTURE : CAPTURE)!;
  const packets = await readPackets(capture);
  const causes = expected.get("causes.json");
  const traffic = isAny
    ? cooked(node, packets)
    : causes
      ? explained(node, packets, JSON.parse(new TextDecoder().decode(causes)) as Causes)
      : unexplained(node, packets);
  const localCapture = files.get(LOCAL_CAPTURE);
  const local = localCapture ? readLocalPackets(await readPackets(localCapture)) : [];
  const arrivals = inOrder([...traffic.arrivals, ...atWireTimes(local, traffic.departures)]);
  const facts = {
    isCut: scenario.snaplen > 0,
    isExplained: causes !== undefined && !isAny,
    isAny,
    hasLocal: localCapture !== undefined,
  };
  return { name, files, node, expected, capture, ...traffic, arrivals, ...facts };
}

function filesOf(path: string): [path: string, bytes: Uint8Array][] {
  if (!path.endsWith(ARCHIVE)) return filesOfFolder(path);
  const archive = new Uint8Array(gunzipSync(readFileSync(path)));
  return readTar(archive).map((file) => [file.path, file.bytes]);
}

async function readPackets(capture: Uint8Array): Promise<CapturePacket[]> {
  const packets: CapturePacket[] = [];
  for await (const batch of readCapture(capture)) packets.push(...batch);
  return packets;
}

export function inOrder<T extends { readonly timeNs: bigint }>(items: readonly T[]): T[] {
  return items.toSorted((a, b) => (a.timeNs < b.timeNs ? -1 : a.timeNs > b.timeNs ? 1 : 0));
}

/** Names of cases in a folder, those with a capture of `any` twice. */
export function caseNames(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .flatMap(({ name }) => (existsSync(join(folder, name, ANY_CAPTURE)) ? [name, name + OF_ANY] : [name]))
    .sort();
}

type Traffic = Pick<ClusterCase, "arrivals" | "departures">;

function unexplained(node: Node, packets: readonly CapturePacket[]): Traffic {
  const leaves = leavesOf(node);
  return {
    arrivals: packets.filter((packet) => !leaves(packet)).map(arrivalOf),
    departures: inOrder(packets.filter((packet) => leaves(packet) && isIp(packet.bytes)).map(arrivalOf)),
  };
}

/** What `any` shows: interface and direction in every cooked header, no address of the next hop. */
function cooked({ interfaces }: Node, packets: readonly CapturePacket[]): Traffic {
  const names = new Map(interfaces.map(({ index, name }) => [index, name]));
  const link = new LinkHeader();
  const arrivals: Arrival[] = [];
  const departures: Departure[] = [];
  for (const packet of packets) {
    if (!readLink(packet, link)) continue;
    const { timeNs, bytes, wireLength } = packet;
    if (link.packetType !== PacketType.Outgoing) {
      arrivals.push({ timeNs, interface: ANY, bytes, wireLength });
      continue;
    }
    const frame = Buffer.concat([new Uint8Array(ETHERNET_HEADER), bytes.subarray(SLL2_HEADER)]);
    const added = ETHERNET_HEADER - SLL2_HEADER;
    departures.push({ timeNs, interface: names.get(link.ifindex)!, bytes: frame, wireLength: wireLength + added });
  }
  return { arrivals, departures: inOrder(departures) };
}

function explained(node: Node, packets: readonly CapturePacket[], { causes, local }: Causes): Traffic {
  const leaves = leavesOf(node);
  const arrivals = new Map<number, Arrival>();
  for (const packet of packets) if (!leaves(packet)) arrivals.set(packet.number, arrivalOf(packet));
  for (const number of local) {
    arrivals.set(number, sentByNode(arrivalOf(packets[number - 1]!)));
  }
  const causeOf = new Map<number, number>(local.map((number) => [number, number]));
  for (const [cause, numbers] of Object.entries(causes))
    for (const number of numbers) causeOf.set(number, Number(cause));
  const departures = packets
    .filter((packet) => leaves(packet) && isIp(packet.bytes))
    .map((packet) => ({ ...arrivalOf(packet), cause: arrivals.get(causeOf.get(packet.number) ?? 0) }));
  return { arrivals: [...arrivals.values()], departures: inOrder(departures) };
}

/** What left, as the node's own stack sent it. */
export function sentByNode({ timeNs, bytes, wireLength }: Departure): Arrival {
  return {
    timeNs,
    interface: LOCAL,
    bytes: bytes.subarray(ETHERNET_HEADER),
    wireLength: wireLength - ETHERNET_HEADER,
  };
}

/** A frame whose source is the interface's own address left. */
function leavesOf({ interfaces }: Node): (packet: CapturePacket) => boolean {
  const macs = new Map(interfaces.map(({ name, mac }) => [name, Buffer.from(mac ?? []).toString("hex")]));
  return (packet) =>
    Buffer.from(packet.bytes.subarray(6, 12)).toString("hex") === macs.get(packet.interface.name ?? "");
}

function arrivalOf({ timeNs, interface: taken, bytes, wireLength }: CapturePacket): Arrival {
  return { timeNs, interface: taken.name ?? "", bytes, wireLength };
}

function isIp(frame: Uint8Array): boolean {
  const type = (frame[12]! << 8) | frame[13]!;
  return type === 0x0800 || type === 0x86dd;
}
