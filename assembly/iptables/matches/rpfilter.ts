import { PacketType } from "../../abi/netfilter";
import { RouteType } from "../../abi/route";
import { allocate } from "../../memory/allocate";
import { copyAddress, load32 } from "../../packet/bytes";
import { DEVICE_LOOPBACK, device, loopback } from "../../packet/device";
import { Packet } from "../../packet/packet";
import { FibEntry, FibNextHop } from "../../route/fib";
import { FibResult, FibStatus, newFibResult } from "../../route/lookup";
import { FLOW_KEY_SIZE, FlowKey } from "../../route/route";
import { lookup } from "../../route/rules";
import { isUnicast6, isUnspecified6, SCOPE6_LINK, scopeOf6 } from "../address6";
import { CONSULTED_KEYED, CONSULTED_TOS, context } from "../context";

/** -m rpfilter (net/ipv4/netfilter/ipt_rpfilter.c, net/ipv6/netfilter/ip6t_rpfilter.c). */
@unmanaged
export class RpfilterTest {
  loose: bool;
  usesMark: bool;
  acceptLocal: bool;
  invert: bool;
}

const TOS_MASK: u32 = 0x1c;

const flow = changetype<FlowKey>(allocate(FLOW_KEY_SIZE));
const result: FibResult = newFibResult();

export function matchesRpfilter(packet: Packet, test: RpfilterTest): bool {
  context.consulted |= CONSULTED_KEYED | CONSULTED_TOS;
  return passes(packet, test) != test.invert;
}

function passes(packet: Packet, test: RpfilterTest): bool {
  const isLoopback =
    packet.packetType == <u8>PacketType.Loopback || (device(context.inDevice).flags & DEVICE_LOOPBACK) != 0;
  if (isLoopback) return true;
  memory.fill(changetype<usize>(flow), 0, FLOW_KEY_SIZE);
  flow.family = packet.family;
  flow.inDevice = loopback;
  flow.mark = test.usesMark ? packet.mark : 0;
  copyAddress(changetype<usize>(flow), packet.source, packet.family);
  return packet.family == 4 ? passes4(packet, test) : passes6(packet, test);
}

function passes4(packet: Packet, test: RpfilterTest): bool {
  const destination = load32(packet.destination);
  const isFromNowhere = load32(packet.source) >> 24 == 0;
  if (isFromNowhere && (destination == 0xffffffff || destination >> 8 == 0xe00000)) return true;
  const isSource = destination >> 28 != 0xe && destination != 0xffffffff && destination >> 24 != 0;
  if (isSource) flow.source0 = load<u32>(packet.destination);
  flow.tos = <u8>(packet.tos & TOS_MASK);
  if (lookup(flow, result) != FibStatus.Found) return false;
  const entry = changetype<FibEntry>(result.entry);
  if (entry.type != RouteType.Unicast && !(entry.type == RouteType.Local && test.acceptLocal)) return false;
  return test.loose || usesDevice(entry, context.inDevice);
}

function usesDevice(entry: FibEntry, index: u32): bool {
  for (let i: u32 = 0; i < entry.nextHopCount; i++) {
    if (entry.nextHop(i).device == index) return true;
  }
  return false;
}

function passes6(packet: Packet, test: RpfilterTest): bool {
  if (isUnspecified6(packet.source)) return true;
  if (isUnicast6(packet.destination)) {
    copyAddress(changetype<usize>(flow) + offsetof<FlowKey>("source0"), packet.destination, 6);
  }
  const isLink = scopeOf6(packet.source) == SCOPE6_LINK;
  flow.strictDevice = isLink ? 1 : 0;
  if (isLink || !test.loose) flow.preferredDevice = context.inDevice;
  flow.protocol = load<u8>(packet.data, 6);
  if (lookup(flow, result) != FibStatus.Found) return false;
  const entry = changetype<FibEntry>(result.entry);
  if (entry.type == RouteType.Anycast) return false;
  if (entry.type == RouteType.Local) return test.acceptLocal;
  return test.loose || (result.hop != 0 && changetype<FibNextHop>(result.hop).device == context.inDevice);
}
