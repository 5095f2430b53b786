import {
  DEVICE_UP,
  device,
  PORT_BLOCKED,
  PORT_HAIRPIN,
  PORT_ISOLATED,
  PORT_NO_BROADCAST_FLOOD,
  PORT_NO_FLOOD,
  PORT_NO_MULTICAST_FLOOD,
} from "../packet/device";

const BROADCAST: u64 = 0x0000ffffffffffff;

export function isBroadcast(mac: u64): bool {
  return mac == BROADCAST;
}

/** Is the address that of many (the lowest bit of its first byte)? */
export function isGroup(mac: u64): bool {
  return (mac & 1) != 0;
}

/** Groups that bridges keep to themselves: 01:80:c2:00:00:00 to 0f (IEEE 802.1D). */
export function isLinkLocal(mac: u64): bool {
  return (mac & 0x0000f0ffffffffff) == 0x0000000000c28001;
}

export function linkLocalGroup(mac: u64): u32 {
  return <u32>(mac >> 40);
}

export const PAUSE_GROUP: u32 = 1;

/**
 * May a frame leave through the port (should_deliver, net/bridge/br_forward.c)? `from` is the port where it came in, 0 for
 * frames of the bridge itself.
 */
export function mayLeave(port: u32, from: u32): bool {
  const flags = device(port).portFlags;
  if (port == from && !(flags & PORT_HAIRPIN)) return false;
  if (flags & PORT_BLOCKED || !(device(port).flags & DEVICE_UP)) return false;
  return from == 0 || !(flags & device(from).portFlags & PORT_ISOLATED);
}

/** The same for a frame whose port nobody knows, or that is for many (br_flood). */
export function mayFlood(port: u32, from: u32, destination: u64): bool {
  if (!mayLeave(port, from)) return false;
  const flags = device(port).portFlags;
  if (!isGroup(destination)) return !(flags & PORT_NO_FLOOD);
  if (from == 0) return true;
  return !(flags & (isBroadcast(destination) ? PORT_NO_BROADCAST_FLOOD : PORT_NO_MULTICAST_FLOOD));
}
