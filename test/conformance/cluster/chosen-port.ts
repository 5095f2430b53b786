import { TCP, UDP, uint16, viewOf } from "../compare/ip-view.ts";
import type { ClusterCase } from "./case.ts";
import { ETHERNET_HEADER, LOCAL } from "./traffic.ts";

const TCP_CHECKSUM = 16;
const UDP_CHECKSUM = 6;
const SOURCE = 12;
const DESTINATION = 16;

/** A source port that masquerading chose here, in place of the one that the kernel chose. IPv4. */
export interface ChosenPort {
  readonly own: string;
  readonly peer: string;
  readonly peerPort: number;
  readonly recorded: number;
  readonly chosen: number;
}

/** @returns the port, when two packets are the same but for their source port; both are IP packets. */
export function chosenPort(recorded: Uint8Array, actual: Uint8Array): ChosenPort | undefined {
  const at = portsAt(recorded);
  if (at === undefined || at !== portsAt(actual)) return undefined;
  const [from, to] = [uint16(recorded, at), uint16(actual, at)];
  if (from === to || Buffer.compare(withPort(actual, at, 0, from), recorded) !== 0) return undefined;
  return {
    own: addressAt(recorded, SOURCE),
    peer: addressAt(recorded, DESTINATION),
    peerPort: uint16(recorded, at + 2),
    recorded: from,
    chosen: to,
  };
}

/** The recording as it would be, had the kernel chosen this port. */
export function withChosenPort(recorded: ClusterCase, { own, peer, peerPort, ...port }: ChosenPort): ClusterCase {
  const sent = `${own} ${port.recorded} ${peer} ${peerPort}`;
  const answered = `${peer} ${peerPort} ${own} ${port.recorded}`;
  const change = <T extends { readonly bytes: Uint8Array; readonly interface: string }>(packet: T): T => {
    const header = packet.interface === LOCAL ? 0 : ETHERNET_HEADER;
    const ip = packet.bytes.subarray(header);
    const at = portsAt(ip);
    if (at === undefined) return packet;
    const flow = [addressAt(ip, SOURCE), uint16(ip, at), addressAt(ip, DESTINATION), uint16(ip, at + 2)].join(" ");
    if (flow !== sent && flow !== answered) return packet;
    const changed = withPort(ip, at, flow === sent ? 0 : 2, port.chosen);
    return { ...packet, bytes: Buffer.concat([packet.bytes.subarray(0, header), changed]) };
  };
  const connections = new TextDecoder().decode(recorded.expected.get("conntrack.txt"));
  const answer = `src=${peer} dst=${own} sport=${peerPort} dport=`;
  const changed = connections.replaceAll(`${answer}${port.recorded} `, `${answer}${port.chosen} `);
  return {
    ...recorded,
    arrivals: recorded.arrivals.map(change),
    departures: recorded.departures.map(change),
    expected: new Map(recorded.expected).set("conntrack.txt", new TextEncoder().encode(changed)),
  };
}

/** Where the ports are; undefined where there are none. */
function portsAt(packet: Uint8Array): number | undefined {
  const view = viewOf(packet);
  if (view?.version !== 4 || view.fragmentOffset > 0) return undefined;
  return view.protocol === TCP || view.protocol === UDP ? view.transport : undefined;
}

function withPort(packet: Uint8Array, at: number, offset: number, port: number): Uint8Array {
  const changed = Uint8Array.from(packet);
  const checksum = at + (packet[9] === TCP ? TCP_CHECKSUM : UDP_CHECKSUM);
  const before = uint16(packet, at + offset);
  setUint16(changed, at + offset, port);
  if (isUnfinished(packet, at, uint16(packet, checksum))) return changed;
  let sum = (~uint16(packet, checksum) & 0xffff) + (~before & 0xffff) + port;
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >>> 16);
  setUint16(changed, checksum, ~sum & 0xffff);
  return changed;
}

/** No checksum, or the sum over the pseudo-header that a card was to complete: ports are not in it. */
function isUnfinished(packet: Uint8Array, at: number, checksum: number): boolean {
  if (checksum === 0 && packet[9] === UDP) return true;
  let sum = packet[9]! + uint16(packet, 2) - at;
  for (let i = SOURCE; i < SOURCE + 8; i += 2) sum += uint16(packet, i);
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >>> 16);
  return sum === checksum;
}

function setUint16(bytes: Uint8Array, at: number, value: number): void {
  bytes[at] = value >>> 8;
  bytes[at + 1] = value & 0xff;
}

function addressAt(packet: Uint8Array, at: number): string {
  return packet.subarray(at, at + 4).join(".");
}
