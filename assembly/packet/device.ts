import { allocate, release } from "../memory/allocate";

/** Devices are numbered from 1 in the order of addr.json; 0 is "no device". */
export const NO_DEVICE: u32 = 0;

export const DEVICE_UP: u32 = 1;
export const DEVICE_LOOPBACK: u32 = 2;
/** Frames have no link header (tun, ipip): the packet lies bare in the capture. */
export const DEVICE_RAW: u32 = 4;
/** IPv4 works on it (in_device): not below an MTU of 68. */
export const DEVICE_IPV4: u32 = 16;
/** Everything that is sent through it is gone (dummy). */
export const DEVICE_SINK: u32 = 64;
export const DEVICE_BRIDGE: u32 = 128;
/** Frames of its ports arrive at it as they are (bond, team). */
export const DEVICE_BOND: u32 = 256;
/** What leaves through it is put into other packets, which is not emulated. */
export const DEVICE_TUNNEL: u32 = 1024;
/** Of a bridge: it takes in every frame (IFF_PROMISC), as for a VLAN device above with an address of its own. */
export const DEVICE_PROMISCUOUS: u32 = 512;

// net/bridge/br_private.h: what a port of a bridge does (BR_HAIRPIN_MODE, ...), by `Device.portFlags`
export const PORT_HAIRPIN: u32 = 1;
export const PORT_NO_LEARNING: u32 = 2;
export const PORT_NO_FLOOD: u32 = 4;
export const PORT_NO_MULTICAST_FLOOD: u32 = 8;
export const PORT_NO_BROADCAST_FLOOD: u32 = 16;
export const PORT_ISOLATED: u32 = 32;
/** Its state keeps it from forwarding (disabled, listening, learning, blocking). */
export const PORT_BLOCKED: u32 = 64;
/** Its state is "learning": it looks at frames, and forwards none. */
export const PORT_LEARNING: u32 = 128;
/** Only addresses that are known to be behind it may send (BR_PORT_LOCKED). */
export const PORT_LOCKED: u32 = 256;
/** Addresses are not learned from frames to 01:80:c2:00:00:0x (BROPT_NO_LL_LEARN, a setting of the bridge). */
export const PORT_NO_LINK_LOCAL_LEARN: u32 = 512;
/** Members of groups that leave are gone at once (BR_MULTICAST_FAST_LEAVE). */
export const PORT_FAST_LEAVE: u32 = 4096;
/** Each host behind it gets frames for its groups by itself (BR_MULTICAST_TO_UNICAST). */
export const PORT_TO_UNICAST: u32 = 8192;
// drivers/net/bonding/bond_main.c: what a port of a bond does
/** No frames leave through it (bond_slave_can_tx). */
export const PORT_MUTE: u32 = 1024;
/** What arrives at it does not reach the bond (bond_is_slave_inactive). */
export const PORT_DEAF: u32 = 2048;

/** A network device of the node. */
@unmanaged
export class Device {
  ifindex: u32;
  flags: u32;
  mtu: u32;
  group: u32;
  /** Six bytes as on the wire, then two of padding. */
  mac: u64;
  /** IFNAMSIZ bytes, zero-terminated. */
  name0: u64;
  name1: u64;
  /** First IPv4 address in the kernel's order (ifa_list); a linked list of `InterfaceAddress`, each a block of its own. */
  addresses4: usize;
  /** First IPv6 address in the order that `ip -6 addr` prints. */
  addresses6: usize;
  /** Bridge or bond that it is a port of; 0 for none. */
  master: u32;
  /** The device that its frames leave through (VLAN, macvlan, the active port of an active-backup bond); 0 for devices of their own. */
  below: u32;
  /** Of a VLAN device: the tag's protocol << 16 | VLAN id; 0 for others. */
  vlanTag: u32;
  /** Of a bridge: its first port in the order of flooding; of a bond: in the order of joining; 0 for none. */
  firstPort: u32;
  /** Of a port: the next one of its bridge or bond; 0 for none. */
  nextPort: u32;
  /** `PORT_*` */
  portFlags: u32;
  /** Of a port: which of the groups 01:80:c2:00:00:0x are forwarded as others are, a bit each (group_fwd_mask). */
  groupForward: u32;
  /** Of a bridge: seconds * 100 after which a learned address is forgotten. */
  ageing: u32;
  /** Of a bond that sends in turn: how many frames through a port before the next one is up (0: at random), and frames so far. */
  packetsPerPort: u32;
  sentFrames: u32;
  /** Of a bond: a `BondMode` and a `BondPolicy`. */
  bondMode: u8;
  bondPolicy: u8;
  /** Of a bridge: do bridged packets pass the hooks of IPv4 and IPv6 (bridge-nf-call-iptables, -ip6tables)? */
  callIptables: u8;
  callIp6tables: u8;
  /** Of a bridge: a `Snooping`. */
  snooping: u8;
  // net.ipv4.conf.DEV, already combined with `all` as netfilter-hooks.md section 13 says
  forwarding4: u8;
  forwarding6: u8;
  rpFilter: u8;
  acceptLocal: u8;
  routeLocalnet: u8;
  sendRedirects: u8;
  sharedMedia: u8;
  bcForwarding: u8;
  acceptSourceRoute: u8;
  srcValidMark: u8;
  disableIpv6: u8;
  dropUnicastInL2Multicast: u8;
  dropUnicastInL2Multicast6: u8;
  /** Temporary addresses are preferred as sources from 2 on (net.ipv6.conf.DEV.use_tempaddr). */
  useTempaddr: u8;
  /** Hop limit of this device (net.ipv6.conf.DEV.hop_limit). */
  hopLimit: u8;
}

/** An address of a device. */
@unmanaged
export class InterfaceAddress {
  /** 16 bytes; IPv4 fills the first four. */
  address0: u64;
  address1: u64;
  next: usize;
  prefixLength: u8;
  scope: u8;
  secondary: u8;
  deprecated: u8;
  temporary: u8;
  tentative: u8;
}

/** Distance between two devices in the host's array. */
export const DEVICE_SIZE: usize = (offsetof<Device>() + 7) & ~7;

export let deviceCount: u32 = 0;
/** The device called lo. */
export let loopback: u32 = 0;

let devices: usize = 0;

/** Makes room for the devices and answers where the host writes device 1; device 0 lies before it and stays zero. */
export function reserveDevices(count: u32): usize {
  if (devices != 0) releaseDevices();
  devices = allocate((count + 1) * DEVICE_SIZE);
  deviceCount = count;
  return devices + DEVICE_SIZE;
}

function releaseDevices(): void {
  for (let i: u32 = 1; i <= deviceCount; i++) {
    releaseAddresses(device(i).addresses4);
    releaseAddresses(device(i).addresses6);
  }
  release(devices);
}

function releaseAddresses(first: usize): void {
  while (first != 0) {
    const next = changetype<InterfaceAddress>(first).next;
    release(first);
    first = next;
  }
}

/** Called when the host has written them all. */
export function devicesWritten(): void {
  for (let i: u32 = 1; i <= deviceCount; i++) {
    if (device(i).flags & DEVICE_LOOPBACK) loopback = i;
  }
}

export function device(index: u32): Device {
  return changetype<Device>(devices + index * DEVICE_SIZE);
}
