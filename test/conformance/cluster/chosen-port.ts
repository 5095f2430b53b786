import { ICMP, isIcmpError, TCP, UDP, uint16, viewOf } from "../compare/ip-view.ts";
import type { ClusterCase } from "./case.ts";
import { headerLength } from "./traffic.ts";

const TCP_CHECKSUM = 16;
const UDP_CHECKSUM = 6;
const ICMP_CHECKSUM = 2;
const ICMP_ID = 4;
const ICMP_HEADER = 8;
const ECHO_REQUEST = 8;
const ECHO_REPLY = 0;
const SOURCE = 12;
const DESTINATION = 16;

/** A source port (of echo requests the identification) that masquerading chose here, in place of the kernel's choice. IPv4. */
export interface ChosenPort {
  readonly protocol: number;
  readonly own: string;
  readonly peer: string;
  /** Of echo requests 0. */
  readonly peerPort: number;
  readonly recorded: number;
  readonly chosen: number;
}

/** What is the same in two packets that differ in their source port only; undefined where there is none. */
export function sameButPort(packet: Uint8Array): string | undefined {
  const at = sourceAt(packet);
  if (at === undefined) return undefined;
  const changed = Uint8Array.from(packet);
  setUint16(changed, at, 0);
  setUint16(changed, checksumAt(packet), 0);
  return Buffer.from(changed).toString("latin1");
}

/** @returns the port, when two packets are the same but for their source port; both are IP packets. */
export function chosenPort(recorded: Uint8Array, actual: Uint8Array): ChosenPort | undefined {
  const at = sourceAt(recorded);
  if (at === undefined || at !== sourceAt(actual)) return undefined;
  const [from, to] = [uint16(recorded, at), uint16(actual, at)];
  const changed = Uint8Array.from(actual);
  setPort(changed, at, from);
  if (from === to || Buffer.compare(changed, recorded) !== 0) return undefined;
  return {
    protocol: recorded[9]!,
    own: addressAt(recorded, SOURCE),
    peer: addressAt(recorded, DESTINATION),
    peerPort: recorded[9] === ICMP ? 0 : uint16(recorded, at + 2),
    recorded: from,
    chosen: to,
  };
}

/** A line of `conntrack -L`: protocol, then behind it the tuple of the answer. */
const CONNECTION =
  /^(ipv4 +2 \S+ +(\d+) .* src=(\S+) dst=(\S+) )(?:sport=(\d+) dport=(\d+)|type=0 code=0 id=(\d+))( .*)$/;

/**
 * The recording as it would be, had the kernel chosen these ports. A flow that has one of them already gets the other's.
 * Of flows to the same peer only one may be named.
 */
export function withChosenPorts(recorded: ClusterCase, ports: readonly ChosenPort[]): ClusterCase {
  const chosen = new Map(
    ports.flatMap(({ protocol, own, peer, peerPort, recorded, chosen }) => [
      [flowKey(protocol, own, recorded, peer, peerPort), chosen],
      [flowKey(protocol, own, chosen, peer, peerPort), recorded],
    ]),
  );
  const change = <T extends { readonly bytes: Uint8Array; readonly interface: string }>(packet: T): T => {
    const header = headerLength(packet);
    const ip = Uint8Array.from(packet.bytes.subarray(header));
    if (!changeIp(ip, chosen)) return packet;
    return { ...packet, bytes: Buffer.concat([packet.bytes.subarray(0, header), ip]) };
  };
  const listing = new TextDecoder().decode(recorded.expected.get("conntrack.txt"));
  const connections = listing.split("\n").map((line) => changeConnection(line, chosen));
  return {
    ...recorded,
    arrivals: recorded.arrivals.map(change),
    departures: recorded.departures.map(change),
    expected: new Map(recorded.expected).set("conntrack.txt", new TextEncoder().encode(connections.join("\n"))),
  };
}

function changeConnection(line: string, chosen: ReadonlyMap<string, number>): string {
  const [, before, protocol, peer, own, peerPort, port, id, behind] = CONNECTION.exec(line) ?? [];
  if (before === undefined) return line;
  const changed = chosen.get(flowKey(Number(protocol), own!, Number(port ?? id), peer!, Number(peerPort ?? 0)));
  if (changed === undefined) return line;
  return `${before}${id === undefined ? `sport=${peerPort} dport=` : "type=0 code=0 id="}${changed}${behind}`;
}

/** Changes the ports of a packet, or of what an error quotes. @returns whether there was one to change. */
function changeIp(packet: Uint8Array, chosen: ReadonlyMap<string, number>): boolean {
  const view = viewOf(packet);
  if (view?.version !== 4 || view.fragmentOffset > 0) return false;
  if (view.protocol === ICMP && isIcmpError(view, packet)) return changeQuote(packet, view.transport, chosen);
  for (const at of portsOf(packet)) {
    const port = chosen.get(at.flow);
    if (port === undefined) continue;
    setPort(packet, at.port, port);
    return true;
  }
  return false;
}

function changeQuote(packet: Uint8Array, icmp: number, chosen: ReadonlyMap<string, number>): boolean {
  const quoted = packet.subarray(icmp + ICMP_HEADER);
  const before = Uint8Array.from(quoted);
  if (!changeIp(quoted, chosen)) return false;
  for (let i = 0; i + 1 < quoted.length; i += 2)
    adjust(packet, icmp + ICMP_CHECKSUM, uint16(before, i), uint16(quoted, i));
  return true;
}

/** Where a port of the node's own may be: as source of what it sent, as destination of an answer. */
function portsOf(packet: Uint8Array): { readonly port: number; readonly flow: string }[] {
  const { protocol, transport } = viewOf(packet)!;
  const [from, to] = [addressAt(packet, SOURCE), addressAt(packet, DESTINATION)];
  if (protocol === ICMP) {
    const port = transport + ICMP_ID;
    const id = uint16(packet, port);
    if (packet[transport] === ECHO_REQUEST) return [{ port, flow: flowKey(ICMP, from, id, to, 0) }];
    return packet[transport] === ECHO_REPLY ? [{ port, flow: flowKey(ICMP, to, id, from, 0) }] : [];
  }
  if (protocol !== TCP && protocol !== UDP) return [];
  const [source, destination] = [uint16(packet, transport), uint16(packet, transport + 2)];
  return [
    { port: transport, flow: flowKey(protocol, from, source, to, destination) },
    { port: transport + 2, flow: flowKey(protocol, to, destination, from, source) },
  ];
}

function flowKey(protocol: number, own: string, port: number, peer: string, peerPort: number): string {
  return [protocol, own, port, peer, peerPort].join(" ");
}

/** Where the source port is; undefined where there is none. */
function sourceAt(packet: Uint8Array): number | undefined {
  const view = viewOf(packet);
  if (view?.version !== 4 || view.fragmentOffset > 0) return undefined;
  if (view.protocol === TCP || view.protocol === UDP) return view.transport;
  return view.protocol === ICMP && packet[view.transport] === ECHO_REQUEST ? view.transport + ICMP_ID : undefined;
}

/** Writes a port, and what that does to the checksum where the packet has one. */
function setPort(packet: Uint8Array, at: number, port: number): void {
  const before = uint16(packet, at);
  setUint16(packet, at, port);
  const checksum = checksumAt(packet);
  if (checksum + 2 <= packet.length && !isUnfinished(packet, checksum)) adjust(packet, checksum, before, port);
}

function adjust(packet: Uint8Array, checksum: number, before: number, after: number): void {
  let sum = (~uint16(packet, checksum) & 0xffff) + (~before & 0xffff) + after;
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >>> 16);
  setUint16(packet, checksum, ~sum & 0xffff);
}

function checksumAt(packet: Uint8Array): number {
  const { protocol, transport } = viewOf(packet)!;
  if (protocol === ICMP) return transport + ICMP_CHECKSUM;
  return transport + (protocol === TCP ? TCP_CHECKSUM : UDP_CHECKSUM);
}

/** No checksum, or the sum over the pseudo-header that a card was to complete: ports are not in it. */
function isUnfinished(packet: Uint8Array, at: number): boolean {
  if (packet[9] === ICMP) return false;
  const checksum = uint16(packet, at);
  if (checksum === 0 && packet[9] === UDP) return true;
  let sum = packet[9]! + uint16(packet, 2) - viewOf(packet)!.transport;
  for (let i = SOURCE; i < SOURCE + 8; i += 2) sum += uint16(packet, i);
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >>> 16);
  return sum === checksum;
}

function setUint16(bytes: Uint8Array, at: number, value: number): void {
  if (at + 2 > bytes.length) return;
  bytes[at] = value >>> 8;
  bytes[at + 1] = value & 0xff;
}

function addressAt(packet: Uint8Array, at: number): string {
  return packet.subarray(at, at + 4).join(".");
}
