import { PROTO_SCTP, PROTO_TCP, PROTO_UDP } from "../abi/protocol";
import { ensureWritable } from "../ip/fragment-sizes";
import { load16, store16, store32, storeAddress } from "../packet/bytes";
import { finish, fold, sumBytes, sumPseudoHeader } from "../packet/checksum";
import { Packet } from "../packet/packet";
import { IpvsConnection } from "./connection";
import { crc32c } from "./crc32c";
import { handleFtp } from "./ftp";
import { IpvsHeader, noteMissing } from "./header";

/** Offsets of the checksum in the transport header, and the bytes that must be there. */
const TCP_SIZE: u32 = 20;
const TCP_CHECKSUM: u32 = 16;
const UDP_SIZE: u32 = 8;
const UDP_CHECKSUM: u32 = 6;
const SCTP_SIZE: u32 = 12;
const SCTP_CHECKSUM: u32 = 8;

/**
 * Gives a client's packet the server's address and port as destination, or (`reply`) a server's packet those of the service as
 * source. @returns false when its header is cut short, or FTP drops it.
 */
export function translatePacket(packet: Packet, connection: IpvsConnection, header: IpvsHeader, reply: bool): bool {
  if (connection.ftp && !handleFtp(packet, connection, header, reply)) return false;
  const from = reply ? connection.serverField : connection.virtualField;
  const to = reply ? connection.virtualField : connection.serverField;
  const fromPort: u32 = reply ? connection.serverPort : connection.virtualPort;
  const toPort: u32 = reply ? connection.virtualPort : connection.serverPort;
  const side: u32 = reply ? 0 : 2;
  if (!translatePort(packet, header, side, from, to, fromPort, toPort, connection.clientField)) return false;
  storeAddress(reply ? packet.source : packet.destination, to, packet.family);
  sumIpv4Header(packet);
  return true;
}

/** Computes the checksum of an IPv4 header anew (ip_send_check). */
export function sumIpv4Header(packet: Packet): void {
  if (packet.family == 4) sumHeaderAt(packet.data);
}

export function sumHeaderAt(data: usize): void {
  store16(data + 10, 0);
  store16(data + 10, finish(sumBytes(data, (<u32>load<u8>(data) & 15) * 4)));
}

/**
 * Writes the port at `side` of the transport header and puts its checksum right (the protocols' snat and dnat handlers).
 *
 * @param other the address that stays, for a checksum computed anew.
 */
function translatePort(
  packet: Packet,
  header: IpvsHeader,
  side: u32,
  from: usize,
  to: usize,
  fromPort: u32,
  toPort: u32,
  other: usize,
): bool {
  if (packet.family == 6 && header.fragmentOffset != 0) return true;
  const transport = packet.data + header.transport;
  const left = packet.length - header.transport;
  if (header.protocol == PROTO_TCP) {
    if (left < TCP_SIZE) return false;
    ensureWritable(packet, header.transport + TCP_SIZE);
    store16(transport + side, toPort);
    changeChecksum(packet, transport + TCP_CHECKSUM, from, to, fromPort, toPort);
  } else if (header.protocol == PROTO_UDP) {
    if (left < UDP_SIZE) return false;
    ensureWritable(packet, header.transport + UDP_SIZE);
    store16(transport + side, toPort);
    const isAbsent = load16(transport + UDP_CHECKSUM) == 0 && !packet.partialChecksum;
    if (isAbsent) {
      sumUdp(packet, header, to, other);
    } else {
      changeChecksum(packet, transport + UDP_CHECKSUM, from, to, fromPort, toPort);
      // A sum of zero would say that there is none (CSUM_MANGLED_0).
      if (!packet.partialChecksum && load<u16>(transport, UDP_CHECKSUM) == 0)
        store<u16>(transport, 0xffff, UDP_CHECKSUM);
    }
  } else if (header.protocol == PROTO_SCTP) {
    if (left < SCTP_SIZE) return false;
    ensureWritable(packet, header.transport + SCTP_SIZE);
    if (load16(transport + side) == toPort && !packet.partialChecksum) return true;
    store16(transport + side, toPort);
    if (!packet.aggregate) sumSctp(packet, header);
  }
  return true;
}

/** RFC 1624; of an unfinished checksum only the pseudo-header is there to be changed. */
function changeChecksum(packet: Packet, at: usize, from: usize, to: usize, fromPort: u32, toPort: u32): void {
  const isPartial = packet.partialChecksum != 0;
  let sum: u32 = isPartial ? load16(at) : ~load16(at) & 0xffff;
  for (let i: u32 = 0; i < packet.addressSize; i += 2) sum += (~load16(from + i) & 0xffff) + load16(to + i);
  if (isPartial) {
    store16(at, fold(sum));
    return;
  }
  store16(at, finish(sum + (~fromPort & 0xffff) + toPort));
}

/** A UDP packet without checksum gets one. */
function sumUdp(packet: Packet, header: IpvsHeader, to: usize, other: usize): void {
  if (packet.captured < packet.length) return noteMissing(packet);
  const length = packet.length - header.transport;
  const at = packet.data + header.transport;
  const sum = finish(sumBytes(at, length, sumPseudoHeader(to, other, packet.family, PROTO_UDP, length)));
  store16(at + UDP_CHECKSUM, sum == 0 ? 0xffff : sum);
}

function sumSctp(packet: Packet, header: IpvsHeader): void {
  if (packet.captured < packet.length) return noteMissing(packet);
  const at = packet.data + header.transport;
  store32(at + SCTP_CHECKSUM, 0);
  store<u32>(at + SCTP_CHECKSUM, crc32c(at, packet.length - header.transport));
}
