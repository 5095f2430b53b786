import { Packet } from "../packet/packet";
import { IpvsConnection } from "./connection";
import { IpvsServer } from "./server";
import { IpvsService } from "./service";
import { countIn, countOut } from "./statistics";

/** Counts a packet of a client (ip_vs_in_stats). Servers in the trash count no more. */
export function countRequest(packet: Packet, connection: IpvsConnection): void {
  if (connection.server == 0) return;
  const server = changetype<IpvsServer>(connection.server);
  if (!server.available) return;
  countIn(server.stats, packet.length);
  countIn(changetype<IpvsService>(server.service).stats, packet.length);
}

/** Counts a packet of a server (ip_vs_out_stats). */
export function countReply(packet: Packet, connection: IpvsConnection): void {
  if (connection.server == 0) return;
  const server = changetype<IpvsServer>(connection.server);
  if (!server.available) return;
  countOut(server.stats, packet.length);
  countOut(changetype<IpvsService>(server.service).stats, packet.length);
}
