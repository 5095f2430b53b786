import { load32 } from "../../packet/bytes";
import { Packet } from "../../packet/packet";
import { clientPort, hasPorts, IpvsHeader, isReadable } from "../header";
import { IpvsServer } from "../server";

/** hash_32() of include/linux/hash.h: the upper `bits` bits of a product. */
export function hash32(value: u32, bits: u32): u32 {
  return (value * 0x61c88647) >> (32 - bits);
}

/** An address as one number in host order; the words of IPv6 are combined. */
export function foldAddress(address: usize, family: u32): u32 {
  if (family == 4) return load32(address);
  return load32(address) ^ load32(address + 4) ^ load32(address + 8) ^ load32(address + 12);
}

/** Source port of the client for sh-port and mh-port; 0 for protocols without. */
export function hashedPort(packet: Packet, header: IpvsHeader): u32 {
  if (!hasPorts(header.protocol) || !isReadable(packet, header.transport, 4)) return 0;
  return clientPort(packet, header);
}

/**
 * A table of servers, each entry holding a reference: a server in the trash stays there while a table names it.
 */
export function storeServer(entry: usize, server: usize): void {
  const old = load<usize>(entry);
  if (old == server) return;
  if (old != 0) changetype<IpvsServer>(old).references -= 1;
  if (server != 0) changetype<IpvsServer>(server).references += 1;
  store<usize>(entry, server);
}

/** The server of an entry, or null when it takes no connections. */
export function usableEntry(entry: usize): IpvsServer | null {
  const server = load<usize>(entry);
  if (server == 0 || !changetype<IpvsServer>(server).usable) return null;
  return changetype<IpvsServer>(server);
}
