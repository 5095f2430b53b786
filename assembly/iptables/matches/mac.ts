import { DEVICE_LOOPBACK, DEVICE_RAW, device } from "../../packet/device";
import { Packet } from "../../packet/packet";
import { CONSULTED_LINK, context } from "../context";

/** -m mac (net/netfilter/xt_mac.c). */
@unmanaged
export class MacTest {
  /** Six bytes as on the wire. */
  address: u64;
  invert: bool;
}

const ETHERNET_HEADER: u32 = 14;
const SIX_BYTES: u64 = 0xffffffffffff;

/** Without an Ethernet header the answer is no, inverted or not. */
export function matchesMac(packet: Packet, test: MacTest): bool {
  context.consulted |= CONSULTED_LINK;
  const at = packet.inDevice;
  if (at == 0 || device(at).flags & (DEVICE_LOOPBACK | DEVICE_RAW)) return false;
  if (packet.macLength < ETHERNET_HEADER) return false;
  return ((load<u64>(packet.mac, 6) & SIX_BYTES) == test.address) != test.invert;
}
