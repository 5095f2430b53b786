import { PacketType } from "../abi/netfilter";
import { DEVICE_RAW, Device, device, NO_DEVICE } from "../packet/device";
import { Packet } from "../packet/packet";

/**
 * To whom the link header is addressed (eth_type_trans, net/ethernet/eth.c). Headers that are not Ethernet's (cooked
 * captures) say it themselves: `packetType` is what the host read there.
 */
export function packetTypeOf(packet: Packet): PacketType {
  const stated: PacketType = packet.packetType;
  if (!isEthernet(packet.macLength)) return stated;
  const receiver = device(packet.inDevice);
  if (receiver.flags & DEVICE_RAW) return stated;
  const destination = load<u64>(packet.mac) & MAC_MASK;
  if (destination == ownMac(receiver) || isForBelow(receiver, destination)) return PacketType.Host;
  // The node's own frames are in captures that were made on it.
  if ((load<u64>(packet.mac, 6) & MAC_MASK) == ownMac(receiver)) return PacketType.Outgoing;
  if (destination == MAC_MASK) return PacketType.Broadcast;
  return destination & 1 ? PacketType.Multicast : PacketType.OtherHost;
}

/** A frame for the device below is for its VLAN devices, too (vlan_do_receive, net/8021q/vlan_core.c). */
function isForBelow(receiver: Device, destination: u64): bool {
  let current = receiver;
  while (current.vlanTag != 0 && current.below != NO_DEVICE) {
    current = device(current.below);
    if (destination == ownMac(current)) return true;
  }
  return false;
}

/** 14 bytes, with VLAN tags 18 or 22. Cooked headers have 16 or 20. */
export function isEthernet(macLength: u32): bool {
  return macLength == 14 || macLength == 18 || macLength == 22;
}

export const MAC_MASK: u64 = 0x0000ffffffffffff;

export function ownMac(receiver: Device): u64 {
  return receiver.mac & MAC_MASK;
}
