import { DEVICE_LOOPBACK, DEVICE_RAW, device } from "../../packet/device";
import { Packet } from "../../packet/packet";
import { CONSULTED_LINK, context } from "../context";

const ETHERNET_HEADER: u32 = 14;
/** ETH_P_IPV6 as its bytes lie. */
const ETHERTYPE_IPV6: u16 = 0xdd86;

/** -m eui64 (net/ipv6/netfilter/ip6t_eui64.c): is the source address made from the source MAC address (RFC 4291)? */
export function matchesEui64(packet: Packet): bool {
  context.consulted |= CONSULTED_LINK;
  const at = packet.inDevice;
  if (at == 0 || device(at).flags & (DEVICE_LOOPBACK | DEVICE_RAW)) return false;
  if (packet.macLength < ETHERNET_HEADER) {
    context.hotdrop = true;
    return false;
  }
  if (load<u16>(packet.mac, 12) != ETHERTYPE_IPV6) return false;
  const mac = packet.mac + 6;
  const id = packet.data + 16;
  if (load<u8>(id) != (load<u8>(mac) ^ 2) || load<u16>(id, 1) != load<u16>(mac, 1)) return false;
  return load<u16>(id, 3) == 0xfeff && load<u16>(id, 5) == load<u16>(mac, 3) && load<u8>(id, 7) == load<u8>(mac, 5);
}
