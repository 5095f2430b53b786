import { CONN_F_ONE_PACKET, SVC_F_ONEPACKET } from "../abi/ipvs";
import { PROTO_UDP } from "../abi/protocol";
import { Packet } from "../packet/packet";
import { IpvsConnection } from "./connection";
import { newConnection, startConnection } from "./connections";
import { clientPort, IpvsHeader, virtualPort } from "./header";
import { IpvsServer } from "./server";
import { IpvsService } from "./service";
import { countConnection } from "./statistics";

/** How a service answered when it made no connection. */
export enum Refusal {
  /** Not to be scheduled: the packet goes on in the stack. */
  Ignored = 0,
  NoServer = 1,
  /** Its persistence engine finds nothing in it: the packet is dropped. */
  Dropped = 2,
}

export let lastRefusal: Refusal = Refusal.Ignored;

/** Says why there is no connection. */
export function refuse(why: Refusal): IpvsConnection | null {
  lastRefusal = why;
  return null;
}

/** A counted connection of the packet with a server. @param port that the server is addressed by. */
export function connectTo(
  server: IpvsServer,
  service: IpvsService,
  packet: Packet,
  header: IpvsHeader,
  port: u32,
): IpvsConnection {
  const connection = newPacketConnection(service, packet, header, server, onePacketFlag(service, header));
  connection.serverPort = <u16>port;
  startConnection(connection, server);
  countConnection(server.stats);
  countConnection(service.stats);
  return connection;
}

/** A connection with the packet's addresses and ports, not yet started. */
export function newPacketConnection(
  service: IpvsService,
  packet: Packet,
  header: IpvsHeader,
  server: IpvsServer | null,
  flags: u32,
): IpvsConnection {
  const connection = newConnection(service.family, header.client, header.virtual, server, flags);
  connection.protocol = <u8>header.protocol;
  connection.clientPort = <u16>clientPort(packet, header);
  connection.virtualPort = <u16>virtualPort(packet, header);
  connection.fwmark = packet.mark;
  return connection;
}

/** The flag of connections that live for one packet (`ipvsadm -o`). */
export function onePacketFlag(service: IpvsService, header: IpvsHeader): u32 {
  return service.flags & SVC_F_ONEPACKET && header.protocol == PROTO_UDP ? CONN_F_ONE_PACKET : 0;
}
