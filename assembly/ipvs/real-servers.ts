import { ForwardMethod, TunnelType } from "../abi/ipvs";
import { allocate } from "../memory/allocate";
import { IpvsServer } from "./server";

/**
 * Masqueraded servers and tunnel ends by address and port (rs_table of ip_vs_ctl.c), newest first: how a packet of a
 * server without connection, or an ICMP error about a tunnel, finds its server.
 */
const SIZE: u32 = 1024;
const buckets = allocate(SIZE << 2);

/** Puts the server into the table where its method belongs there. */
export function hashRealServer(server: IpvsServer): void {
  if (server.inRealTable) return;
  const method = server.method;
  if (method != ForwardMethod.Masq && method != ForwardMethod.Tunnel) return;
  const slot = slotOf(server.addressField, server.family, tablePort(server));
  server.realNext = load<usize>(slot);
  store<usize>(slot, changetype<usize>(server));
  server.inRealTable = true;
}

/** Takes it out; its method and tunnel port must still be those it was entered with. */
export function unhashRealServer(server: IpvsServer): void {
  if (!server.inRealTable) return;
  let slot = slotOf(server.addressField, server.family, tablePort(server));
  while (load<usize>(slot) != changetype<usize>(server)) {
    slot = load<usize>(slot) + offsetof<IpvsServer>("realNext");
  }
  store<usize>(slot, server.realNext);
  server.inRealTable = false;
}

function tablePort(server: IpvsServer): u32 {
  if (server.method == ForwardMethod.Masq) return server.port;
  return server.tunnelType == TunnelType.Gue ? server.tunnelPort : 0;
}

/** The masqueraded server with this address (ip_vs_find_real_service). */
export function findRealServer(family: u32, protocol: u32, address: usize, port: u32): IpvsServer | null {
  let at = load<usize>(slotOf(address, family, port));
  while (at != 0) {
    const server = changetype<IpvsServer>(at);
    if (
      server.port == port &&
      isAt(server, family, address) &&
      (server.protocol == protocol || server.fwmark != 0) &&
      server.method == ForwardMethod.Masq
    ) {
      return server;
    }
    at = server.realNext;
  }
  return null;
}

/** The server at the end of a tunnel (ip_vs_find_tunnel). @param port of GUE, else 0. */
export function findTunnel(family: u32, address: usize, port: u32): IpvsServer | null {
  let at = load<usize>(slotOf(address, family, port));
  while (at != 0) {
    const server = changetype<IpvsServer>(at);
    if (server.tunnelPort == port && isAt(server, family, address) && server.method == ForwardMethod.Tunnel) {
      return server;
    }
    at = server.realNext;
  }
  return null;
}

function isAt(server: IpvsServer, family: u32, address: usize): bool {
  if (server.family != family) return false;
  if (family == 4) return load<u32>(server.addressField) == load<u32>(address);
  return server.address0 == load<u64>(address) && server.address1 == load<u64>(address, 8);
}

function slotOf(address: usize, family: u32, port: u32): usize {
  let hash: u32 = load<u32>(family == 4 ? address : address + 12);
  hash = (hash ^ (port * 0x9e37)) * 0x9e3779b1;
  return buckets + ((hash >> 22) << 2);
}
