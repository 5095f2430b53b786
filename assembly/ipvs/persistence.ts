import { CONN_F_TEMPLATE } from "../abi/ipvs";
import { allocate } from "../memory/allocate";
import { copyAddress } from "../packet/bytes";
import { config } from "../packet/config";
import { Packet } from "../packet/packet";
import { addControl, CALL_ID_HEADER, CallId, IpvsConnection } from "./connection";
import { findTemplate, findTemplateOf } from "./connection-table";
import { invalidateTemplate, newConnection, putConnection, startConnection } from "./connections";
import { noteTemplate } from "./decision";
import { clientPort, IpvsHeader, virtualPort } from "./header";
import { connectTo, onePacketFlag, Refusal, refuse } from "./new-connection";
import { pickServer } from "./schedulers/index";
import { IpvsServer } from "./server";
import { FTP_PORT, IpvsService } from "./service";
import { callId, callIdLength, findCallId } from "./sip";
import { countConnection } from "./statistics";

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
  if (service.engine && !findCallId(packet, header)) return refuse(Refusal.Dropped);
  let template = findOwnTemplate(service, protocol, virtualKey);
  if (template !== null) {
    const server = template.server == 0 ? 0 : changetype<IpvsServer>(template.server).number;
    noteTemplate(packet, service, server, isUsable(template));
    if (!isUsable(template)) {
      invalidateTemplate(template);
      template = null;
    }
  }
  if (template === null) {
    const chosen = pickServer(service, packet, header);
    if (chosen === null) return refuse(Refusal.NoServer);
    template = newConnection(service.family, network, virtual, chosen, CONN_F_TEMPLATE);
    template.protocol = <u8>protocol;
    template.virtualPort = <u16>virtualKey;
    template.serverPort = ownPort ? chosen.port : 0;
    template.fwmark = packet.mark;
    if (service.engine) keepCallId(template);
    startConnection(template, chosen);
    template.timeout = <u32>service.timeout;
  }
  const server = changetype<IpvsServer>(template.server);
  const serverPort = isServicePort && server.port != 0 ? server.port : port;
  const connection = connectTo(server, service, packet, header, serverPort);
  addControl(connection, template);
  putConnection(template);
  return connection;
}

/** The template of `network` and `virtual`, and of the call, where an engine tells calls apart. */
function findOwnTemplate(service: IpvsService, protocol: u32, port: u32): IpvsConnection | null {
  if (!service.engine) return findTemplate(service.family, protocol, network, virtual, port);
  return findTemplateOf(service.family, protocol, network, virtual, port, callId, callIdLength);
}

function keepCallId(template: IpvsConnection): void {
  template.callId = allocate(CALL_ID_HEADER + callIdLength);
  changetype<CallId>(template.callId).length = callIdLength;
  memory.copy(template.callId + CALL_ID_HEADER, callId, callIdLength);
}

/**
 * A connection that a server of a service with an engine begins (ip_vs_new_conn_out); it gets the template of its call, too.
 *
 * @returns null when the packet goes on untranslated.
 */
export function connectFromServer(server: IpvsServer, packet: Packet, header: IpvsHeader): IpvsConnection | null {
  const service = changetype<IpvsService>(server.service);
  const serverPort = clientPort(packet, header);
  const port = virtualPort(packet, header);
  if (service.fwmark != 0 || service.port == 0 || serverPort == 0) return null;
  let template: IpvsConnection | null = null;
  if (service.isPersistent) {
    copyAddress(network, header.destination, service.family);
    maskNetwork(service);
    copyAddress(virtual, service.addressField, service.family);
    if (!findCallId(packet, header)) return null;
    template = findOwnTemplate(service, header.protocol, service.port);
    if (template === null || !isUsable(template)) {
      template = newConnection(service.family, network, virtual, server, CONN_F_TEMPLATE);
      template.protocol = <u8>header.protocol;
      template.virtualPort = service.port;
      template.serverPort = <u16>serverPort;
      keepCallId(template);
      startConnection(template, server);
      template.timeout = <u32>service.timeout;
    }
  }
  const flags = onePacketFlag(service, header);
  const connection = newConnection(service.family, header.destination, service.addressField, server, flags);
  connection.protocol = <u8>header.protocol;
  connection.clientPort = <u16>port;
  connection.virtualPort = service.port;
  connection.serverPort = <u16>serverPort;
  startConnection(connection, server);
  if (template !== null) {
    addControl(connection, template);
    putConnection(template);
  }
  countConnection(server.stats);
  countConnection(service.stats);
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
