import { PROTO_AH, PROTO_ESP, PROTO_UDP } from "../abi/protocol";
import { Packet } from "../packet/packet";
import { IpvsConnection } from "./connection";
import { findIn, findOut } from "./connection-table";
import { clientPort, hasPortBytes, IpvsHeader, virtualPort } from "./header";

/** AH and ESP belong to the UDP connection of their key exchange. */
const ISAKMP_PORT: u32 = 500;

/** The connection of a packet to a service, or of one that an error quotes (conn_in_get). */
export function findByHeader(packet: Packet, header: IpvsHeader): IpvsConnection | null {
  const family = packet.family;
  if (isKeyed(header)) return findIn(family, PROTO_UDP, header.client, ISAKMP_PORT, header.virtual, ISAKMP_PORT);
  if (!hasPortBytes(packet, header)) return null;
  const client = clientPort(packet, header);
  return findIn(family, header.protocol, header.client, client, header.virtual, virtualPort(packet, header));
}

/** The connection of a packet from a server (conn_out_get). Its source is the server's side. */
export function findReplyByHeader(packet: Packet, header: IpvsHeader): IpvsConnection | null {
  const family = packet.family;
  if (isKeyed(header)) return findOut(family, PROTO_UDP, header.client, ISAKMP_PORT, header.virtual, ISAKMP_PORT);
  if (!hasPortBytes(packet, header)) return null;
  const source = clientPort(packet, header);
  return findOut(family, header.protocol, header.client, source, header.virtual, virtualPort(packet, header));
}

function isKeyed(header: IpvsHeader): bool {
  return header.protocol == PROTO_AH || header.protocol == PROTO_ESP;
}
