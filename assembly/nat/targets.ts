import { Reason } from "../abi/fate";
import { Hook, Verdict } from "../abi/netfilter";
import { coldOf, Entry } from "../conntrack/entry";
import { allocate } from "../memory/allocate";
import { copyAddress } from "../packet/bytes";
import { device, InterfaceAddress } from "../packet/device";
import { Packet } from "../packet/packet";
import { selectAddress } from "../route/index";
import { drop } from "../trace/output";
import { bind } from "./binding";
import { Manip } from "./manip";
import { NAT_RANGE_MAP_IPS, NAT_RANGE_PROTO_OFFSET, NatRange } from "./range";

/** Bindings whose address depends on the packet or on a device: NETMAP, MASQUERADE, REDIRECT. */
const range = changetype<NatRange>(allocate(offsetof<NatRange>()));
const address = allocate(16);

const SCOPE_UNIVERSE: u32 = 0;

/** Replaces the network part of the packet's address (xt_NETMAP); `network.max` is the mask. */
export function bindNetmap(packet: Packet, network: NatRange, manip: Manip): Verdict {
  copyAddress(address, manip == Manip.Source ? packet.source : packet.destination, packet.family);
  const high = (load<u64>(address) & ~network.max0) | (network.min0 & network.max0);
  const low = (load<u64>(address, 8) & ~network.max1) | (network.min1 & network.max1);
  return bindTo(packet, high, low, network, manip);
}

/**
 * MASQUERADE (nf_nat_masquerade_ipv4, nf_nat_masquerade_ipv6): the address of the device that the packet leaves through.
 * The connection ends when a later packet would leave through another one.
 */
export function bindMasquerade(packet: Packet, ports: NatRange, outDevice: u32): Verdict {
  const entry = changetype<Entry>(packet.ct);
  const isV4 = packet.family == 4;
  // A packet without a source is none that should be masqueraded.
  if (isV4 && entry.originalSource == 0) return Verdict.Accept;
  const towards = isV4 ? changetype<usize>(packet) + offsetof<Packet>("nextHop0") : packet.destination;
  if (!selectAddress(packet.family, outDevice, towards, SCOPE_UNIVERSE, address)) {
    drop(packet, Reason.Masquerade);
    return Verdict.Drop;
  }
  if (!entry.isConfirmed) coldOf(entry).masqueradeDevice = <u16>outDevice;
  return bindTo(packet, load<u64>(address), load<u64>(address, 8), ports, Manip.Source);
}

/** REDIRECT (net/netfilter/nf_nat_redirect.c): to the node itself, by an address of the device the packet came through. */
export function bindRedirect(packet: Packet, ports: NatRange, hook: Hook): Verdict {
  const found = hook == Hook.Output ? selectLoopback(packet.family) : selectReceiver(packet);
  if (!found) {
    drop(packet, Reason.NatFailed);
    return Verdict.Drop;
  }
  return bindTo(packet, load<u64>(address), load<u64>(address, 8), ports, Manip.Destination);
}

function bindTo(packet: Packet, high: u64, low: u64, from: NatRange, manip: Manip): Verdict {
  range.min0 = high;
  range.min1 = low;
  range.max0 = high;
  range.max1 = low;
  range.minPort = from.minPort;
  range.maxPort = from.maxPort;
  range.basePort = 0;
  range.flags = (from.flags & ~NAT_RANGE_NETMAP_BITS) | NAT_RANGE_MAP_IPS;
  return bind(changetype<Entry>(packet.ct), range, manip);
}

/** Flags that concern the choice of the address, which is made, or need a base port. */
const NAT_RANGE_NETMAP_BITS: u32 = 64 | NAT_RANGE_PROTO_OFFSET;

function selectLoopback(family: u32): bool {
  store<u64>(address, family == 4 ? 0x0100007f : 0);
  store<u64>(address, family == 4 ? 0 : (<u64>1) << 56, 8);
  return true;
}

/** The first address of the device; for IPv6 the first whose scope fits the destination's. */
function selectReceiver(packet: Packet): bool {
  const list = device(packet.inDevice);
  if (packet.family == 4) {
    if (list.addresses4 == 0) return false;
    memory.copy(address, list.addresses4, 16);
    return true;
  }
  const wanted = scopeBits(packet.destination);
  let at = list.addresses6;
  while (at != 0) {
    const isMapped = load<u64>(at) == 0 && load<u32>(at, 8) == 0xffff0000;
    if (!isMapped && (wanted == 0 || wanted & scopeBits(at))) {
      memory.copy(address, at, 16);
      return true;
    }
    at = changetype<InterfaceAddress>(at).next;
  }
  return false;
}

const SCOPE_LOOPBACK: u32 = 0x10;
const SCOPE_LINK: u32 = 0x20;
const SCOPE_SITE: u32 = 0x40;

/** ipv6_addr_scope(): bits for node, link and site; none for global addresses. */
function scopeBits(at: usize): u32 {
  const first: u32 = load<u8>(at);
  const second: u32 = load<u8>(at, 1);
  if (first == 0xff) {
    const scope = second & 15;
    if (scope == 1) return SCOPE_LOOPBACK;
    if (scope == 2) return SCOPE_LINK;
    return scope == 5 ? SCOPE_SITE : 0;
  }
  if (first == 0xfe && (second & 0xc0) == 0x80) return SCOPE_LINK;
  if (first == 0xfe && (second & 0xc0) == 0xc0) return SCOPE_SITE;
  const isLoopback = load<u64>(at) == 0 && load<u64>(at, 8) == (<u64>1) << 56;
  return isLoopback ? SCOPE_LOOPBACK : 0;
}
