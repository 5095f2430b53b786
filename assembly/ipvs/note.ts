import { Hook } from "../abi/netfilter";
import { EventKind, StepKind } from "../abi/trace";
import { learner } from "../iptables/learning";
import { config } from "../packet/config";
import { Packet } from "../packet/packet";
import { recordEvent } from "../trace/output";
import { extendPath } from "../trace/path";
import { IpvsConnection } from "./connection";
import { teachLane } from "./lane";
import { IpvsServer } from "./server";
import { IpvsService } from "./service";

/** Notes on the packet's path, and as an event where the host asked for it, which server handles the packet. */
export function noteHandled(packet: Packet, hook: Hook, connection: IpvsConnection, isReply: bool): void {
  let server: u32 = 0;
  let service: u32 = 0;
  if (connection.server != 0) {
    const found = changetype<IpvsServer>(connection.server);
    server = found.number;
    service = changetype<IpvsService>(found.service).number;
  }
  if (learner == changetype<usize>(packet)) teachLane(packet, connection, isReply);
  packet.path = extendPath(packet.path, StepKind.IpvsServer, server);
  if (config.record) recordEvent(packet, EventKind.Ipvs, hook, service, server);
}
