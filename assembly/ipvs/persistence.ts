import { CONN_F_TEMPLATE } from "../abi/ipvs";
import { allocate } from "../memory/allocate";
import { copyAddress } from "../packet/bytes";
import { config } from "../packet/config";
import { Packet } from "../packet/packet";
import { addControl, IpvsConnection } from "./connection";
import { findTemplate } from "./connection-table";
import { invalidateTemplate, newConnection, putConnection, startConnection } from "./connections";
import { IpvsHeader, virtualPort } from "./header";
import { connectTo, Refusal, refuse } from "./new-connection";
import { pickServer } from "./schedulers/index";
import { IpvsServer } from "./server";
import { FTP_PORT, IpvsService } from "./service";

/** What names the template of a client: its network, and the service or the mark. 16 bytes each. */
const network = allocate(16);
const virtual = allocate(16);

/** A connection by the client's template, which is made where there is none (ip_vs_sched_persist). */
export function schedulePersistent(service: IpvsService, packet: Packet, header: IpvsHeader): IpvsConnection | null {
  const port = virtualPort(packet, header);
  const isServicePort = port == service.port;
  const ownPort = isServicePort && service.port != FTP_PORT;
  copyAddress(network, header.client, service.family);
  maskNetwork(service);
  const isMarked = !isServicePort && service.fwmark != 0;
  if (isMarked) {
    store<u64>(virtual, <u64>bswap<u32>(service.fwmark));
    store<u64>(virtual, 0, 8);
  } else {
    copyAddress(virtual, header.virtual, service.family);
  }
  const protocol: u32 = isMarked ? 0 : header.protocol;
  const virtualKey: u32 = ownPort ? port : 0;
  let template = findTemplate(service.family, protocol, network, virtual, virtualKey);
  if (template !== null && !isUsable(template)) {
    invalidateTemplate(template);
    template = null;
  }
  if (template === null) {
    const chosen = pickServer(service, packet, header);
    if (chosen === null) return refuse(Refusal.NoServer);
    template = newConnection(service.family, network, virtual, chosen, CONN_F_TEMPLATE);
    template.protocol = <u8>protocol;
    template.virtualPort = <u16>virtualKey;
    template.serverPort = ownPort ? chosen.port : 0;
    template.fwmark = packet.mark;
    startConnection(template, chosen);
    template.timeout = service.timeout;
  }
  const server = changetype<IpvsServer>(template.server);
  const serverPort = isServicePort && server.port != 0 ? server.port : port;
  const connection = connectTo(server, service, packet, header, serverPort);
  addControl(connection, template);
  putConnection(template);
  return connection;
}

/** The client's address under the service's mask. */
function maskNetwork(service: IpvsService): void {
  if (service.family == 4) {
    store<u32>(network, load<u32>(network) & service.netmask);
    return;
  }
  store<u64>(network, load<u64>(network) & prefixMask(service.netmask));
  store<u64>(network, load<u64>(network, 8) & prefixMask(service.netmask > 64 ? service.netmask - 64 : 0), 8);
}

/** The first `length` bits of eight bytes, as they lie in memory. */
function prefixMask(length: u32): u64 {
  if (length == 0) return 0;
  return length >= 64 ? u64.MAX_VALUE : bswap<u64>(u64.MAX_VALUE << (64 - length));
}

/** ip_vs_check_template(): its server is in service, and not quiescent where that counts. */
function isUsable(template: IpvsConnection): bool {
  if (template.server == 0) return false;
  const server = changetype<IpvsServer>(template.server);
  return server.available && !(config.vsExpireQuiescentTemplate && server.weight == 0);
}
