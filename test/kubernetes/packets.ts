import { formatAddress, parseAddress, parseMac } from "../../src/config/address.ts";
import { buildPacket, withEthernet } from "../../src/engine/build-packet.ts";
import { ipv4, ipv6 } from "../support/ip.ts";

/** A packet of a flow, in the words of the corpus. */
export interface FlowPacket {
  readonly from: string;
  readonly to: string;
  readonly proto: "TCP" | "UDP" | "SCTP" | "ICMP";
  readonly sport?: number;
  readonly port?: number;
  /** Letters of SFRPAU. */
  readonly tcpFlags?: string;
}

const SCTP = 132;
const FLAGS = "FSRPAU";
const PEER = "02:09:00:00:00:09";

/** The IP packet. */
export function packetOf({ from, to, proto, sport = 0, port = 0, tcpFlags = "S" }: FlowPacket): Uint8Array {
  if (proto === "SCTP") {
    const payload = initChunk(sport, port);
    return from.includes(":") ? ipv6({ from, to, next: SCTP, payload }) : ipv4({ from, to, protocol: SCTP, payload });
  }
  return buildPacket({
    family: from.includes(":") ? 6 : 4,
    protocol: proto.toLowerCase() as "tcp" | "udp" | "icmp",
    source: parseAddress(from)!,
    destination: parseAddress(to)!,
    sourcePort: sport,
    destinationPort: port,
    flags: [...tcpFlags].reduce((bits, letter) => bits | (1 << FLAGS.indexOf(letter)), 0),
  });
}

export function frameFor(packet: Uint8Array, mac: string): Uint8Array {
  return withEthernet(packet, parseMac(mac)!, parseMac(PEER)!);
}

/** An INIT, whose checksum nobody looks at. */
function initChunk(sport: number, port: number): Uint8Array {
  const bytes = new Uint8Array(32);
  const view = new DataView(bytes.buffer);
  view.setUint16(0, sport);
  view.setUint16(2, port);
  view.setUint8(12, 1);
  view.setUint16(14, 20);
  view.setUint32(16, 0x12345678);
  view.setUint32(20, 65535);
  view.setUint16(24, 1);
  view.setUint16(26, 1);
  return bytes;
}

/** What a packet that came out says. */
export interface SeenPacket {
  readonly source: string;
  readonly destination: string;
  readonly sourcePort: number;
  readonly destinationPort: number;
  /** `TYPE/CODE` of an ICMP packet. */
  readonly icmp?: string;
}

const ICMP: ReadonlySet<number> = new Set([1, 58]);

export function readPacket(bytes: Uint8Array): SeenPacket {
  const isIpv4 = bytes[0]! >> 4 === 4;
  const protocol = isIpv4 ? bytes[9]! : bytes[6]!;
  const [from, size] = isIpv4 ? [12, 4] : [8, 16];
  const transport = bytes.subarray(isIpv4 ? (bytes[0]! & 15) * 4 : 40);
  const view = new DataView(transport.buffer, transport.byteOffset, transport.byteLength);
  return {
    source: formatAddress(bytes.slice(from, from + size)),
    destination: formatAddress(bytes.slice(from + size, from + 2 * size)),
    sourcePort: view.getUint16(0),
    destinationPort: view.getUint16(2),
    icmp: ICMP.has(protocol) ? `${transport[0]}/${transport[1]}` : undefined,
  };
}
