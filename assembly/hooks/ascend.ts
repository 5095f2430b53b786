import { Fate, Reason } from "../abi/fate";
import { isLinkLocal } from "../bridge/ports";
import { enterVlan, isTagged, removeTag, vlanIdOf } from "../bridge/tags";
import { isEthernet, MAC_MASK, packetTypeOf } from "../ip/link";
import { DEVICE_BOND, DEVICE_UP, device, NO_DEVICE, PORT_DEAF } from "../packet/device";
import { Packet } from "../packet/packet";
import { endWalk } from "../trace/output";
import { Handled, handleFrame } from "./bridge";
import { end, finish } from "./end";

/**
 * A frame goes from the device where it arrived to those above: VLAN devices, bonds, bridges (__netif_receive_skb_core). To
 * whom it is addressed is decided where it arrived; only a VLAN device or a bridge with an address of its own has a say later.
 *
 * @returns whether it is an untagged one at the device that it ends at; else it is gone.
 */
export function ascend(packet: Packet): bool {
  packet.packetType = <u8>packetTypeOf(packet);
  do {
    if (!climb(packet)) return false;
  } while (enterBehindPriority(packet));
  if (!isTagged(packet)) return true;
  ignore(packet, Reason.NoVlanDevice);
  return false;
}

/** @returns false when the frame is gone. */
function climb(packet: Packet): bool {
  while (device(packet.inDevice).flags & DEVICE_UP) {
    if (enterVlan(packet)) continue;
    const master = device(packet.inDevice).master;
    if (master == NO_DEVICE) return true;
    if (device(master).flags & DEVICE_BOND) {
      if (device(packet.inDevice).portFlags & PORT_DEAF) return passDeaf(packet);
      packet.inDevice = master;
      continue;
    }
    const handled = handleFrame(packet);
    if (handled != Handled.AtBridge) return handled == Handled.AtPort;
  }
  end(packet, Reason.DeviceDown);
  return false;
}

/** bond_handle_frame: a backup port takes nothing but what is for the link itself. @returns true for that. */
function passDeaf(packet: Packet): bool {
  if (isEthernet(packet.macLength) && isLinkLocal(load<u64>(packet.mac) & MAC_MASK)) return true;
  end(packet, Reason.BackupPort);
  return false;
}

/** A tag of VLAN 0 that no device took is a priority and nothing more. @returns whether a device takes the tag behind it. */
function enterBehindPriority(packet: Packet): bool {
  while (isTagged(packet) && vlanIdOf(packet) == 0) {
    removeTag(packet);
    if (enterVlan(packet)) return true;
  }
  return false;
}

/** Ends the way of a frame that nobody here wants. */
export function ignore(packet: Packet, reason: Reason): void {
  endWalk(packet, Fate.Ignored, reason);
  finish(packet);
}
