import { PROTO_ICMPV6 } from "../abi/protocol";
import { store16, storeAddress } from "../packet/bytes";
import { finish, fold, sumBytes, sumPseudoHeader } from "../packet/checksum";
import { config } from "../packet/config";
import { Packet } from "../packet/packet";
import { IpvsConnection } from "./connection";
import { hasPorts, IpvsHeader, isReadable, noteMissing } from "./header";
import { sumHeaderAt, sumIpv4Header } from "./translate";

/** What an ICMP message is to IPVS. */
export enum IcmpKind {
  /** Not an error. */
  Other = 0,
  Error = 1,
  /** Cut short. */
  Broken = 2,
}

/** Bytes before what an error quotes. */
export const ICMP_HEADER: u32 = 8;

export const ICMP_UNREACHABLE: u32 = 3;
export const ICMP_QUENCH: u32 = 4;
export const ICMP_TIME_EXCEEDED: u32 = 11;
export const CODE_FRAGMENTATION_NEEDED: u32 = 4;

export function icmpKind(packet: Packet, header: IpvsHeader): IcmpKind {
  if (!isReadable(packet, header.transport, ICMP_HEADER)) return IcmpKind.Broken;
  const type: u32 = load<u8>(packet.data + header.transport);
  if (packet.family == 6) return type & 0x80 ? IcmpKind.Other : IcmpKind.Error;
  const isError = type == ICMP_UNREACHABLE || type == ICMP_QUENCH || type == ICMP_TIME_EXCEEDED;
  return isError ? IcmpKind.Error : IcmpKind.Other;
}

/** Is there an IPv4 header worth reading? */
export function isQuotedIpv4(packet: Packet, offset: u32): bool {
  if (!isReadable(packet, offset, 20)) return false;
  const first: u32 = load<u8>(packet.data + offset);
  return first >> 4 == 4 && (first & 15) >= 5;
}

/**
 * The checksum test before an error is translated (ip_vs_checksum_complete of 6.1.176). It sums the ICMP message alone, so
 * an ICMPv6 error, whose checksum covers a pseudo-header as well, fails, unless conntrack or nat found it good before.
 */
export function isChecksumGood(packet: Packet, header: IpvsHeader): bool {
  if (!config.verifyChecksums || packet.aggregate || packet.partialChecksum) return true;
  if (packet.captured < packet.length) {
    noteMissing(packet);
    return true;
  }
  const length = packet.length - header.transport;
  const sum = sumBytes(packet.data + header.transport, length);
  if (finish(sum) == 0) return true;
  if (packet.family == 4 || packet.checksumValid == 0) return false;
  const pseudo = sumPseudoHeader(packet.source, packet.destination, 6, PROTO_ICMPV6, length);
  return finish(fold(sum) + fold(pseudo)) == 0;
}

/**
 * Rewrites an error and what it quotes (ip_vs_nat_icmp, ip_vs_nat_icmp_v6): the side of the service or of the server, as
 * the other end knows it. The quoted transport checksum stays as it was.
 *
 * @param outgoing from a server to the client.
 */
export function translateIcmp(
  packet: Packet,
  connection: IpvsConnection,
  header: IpvsHeader,
  quoted: IpvsHeader,
  outgoing: bool,
): void {
  const address = outgoing ? connection.virtualField : connection.serverField;
  storeAddress(outgoing ? packet.source : packet.destination, address, packet.family);
  storeAddress(outgoing ? quoted.destination : quoted.source, address, packet.family);
  sumIpv4Header(packet);
  if (packet.family == 4) sumHeaderAt(packet.data + quoted.offset);
  if (hasPorts(quoted.protocol)) {
    const ports = packet.data + quoted.transport;
    if (outgoing) store16(ports + 2, connection.virtualPort);
    else store16(ports, connection.serverPort);
  }
  sumIcmp(packet, header);
}

/** The card has to complete a checksum of ICMPv6: until then it holds the pseudo-header's sum. */
function sumIcmp(packet: Packet, header: IpvsHeader): void {
  const at = packet.data + header.transport;
  const length = packet.length - header.transport;
  if (packet.family == 6) {
    store16(at + 2, fold(sumPseudoHeader(packet.source, packet.destination, 6, PROTO_ICMPV6, length)));
    packet.partialChecksum = 1;
    return;
  }
  if (packet.captured < packet.length) return noteMissing(packet);
  store16(at + 2, 0);
  store16(at + 2, finish(sumBytes(at, length)));
}
