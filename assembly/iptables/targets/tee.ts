import { CtInfo } from "../../abi/conntrack";
import { Hook, Origin } from "../../abi/netfilter";
import { allocate } from "../../memory/allocate";
import { copyAddress, load16, store16 } from "../../packet/bytes";
import { finish, sumBytes } from "../../packet/checksum";
import { freePacket, newPacket, Packet, parseTransport } from "../../packet/packet";
import { sendLocalOut } from "../../packet/send";
import { routeOutput } from "../../route/index";
import { FlowKey, isUsable, Route, setRoute } from "../../route/route";
import { CONSULTED_EFFECT, context } from "../context";

/** -j TEE (net/netfilter/xt_TEE.c, nf_dup_ipv4.c, nf_dup_ipv6.c). */
@unmanaged
export class TeeAction {
  gateway0: u64;
  gateway1: u64;
  /** Device to send through, 0 for the one that routing finds. */
  device: u32;
}

const flow = changetype<FlowKey>(allocate(offsetof<FlowKey>()));
const route = changetype<Route>(allocate(offsetof<Route>()));

/** A copy is on its way: what it meets makes no further copies (nf_skb_duplicated). */
let isDuplicating: bool = false;

/** Sends an untracked copy to the gateway, through OUTPUT and POSTROUTING; the packet itself goes on. */
export function runTee(packet: Packet, action: TeeAction): void {
  context.consulted |= CONSULTED_EFFECT;
  if (isDuplicating) return;
  const copy = copyOf(packet);
  if (!isUsable(routeCopy(copy, action))) return freePacket(copy);
  setRoute(copy, route);
  // The copy's device is the one it leaves through, and POSTROUTING takes it for the incoming one.
  copy.inDevice = route.device;
  isDuplicating = true;
  sendLocalOut(copy);
  isDuplicating = false;
}

function copyOf(packet: Packet): Packet {
  const copy = newPacket(packet.length);
  memory.copy(copy.data, packet.data, packet.captured);
  copy.captured = packet.captured;
  copy.family = packet.family;
  copy.origin = <u8>Origin.Kernel;
  copy.number = packet.number;
  copy.mark = packet.mark;
  copy.priority = packet.priority;
  copy.packetType = packet.packetType;
  copy.aggregate = packet.aggregate;
  copy.partialChecksum = packet.partialChecksum;
  copy.ctinfo = <u8>CtInfo.Untracked;
  parseTransport(copy);
  prepareHeader(copy);
  return copy;
}

/** One hop less where the packet came from outside; IPv4 forbids fragmenting the copy. */
function prepareHeader(copy: Packet): void {
  const hook: Hook = context.hook;
  const isFromOutside = hook == Hook.PreRouting || hook == Hook.Input;
  const hops = copy.data + (copy.family == 4 ? 8 : 7);
  if (isFromOutside) store<u8>(hops, load<u8>(hops) - 1);
  if (copy.family == 6) return;
  store16(copy.data + 6, load16(copy.data + 6) | 0x4000);
  store16(copy.data + 10, 0);
  store16(copy.data + 10, finish(sumBytes(copy.data, copy.transportOffset)));
}

function routeCopy(copy: Packet, action: TeeAction): u32 {
  memory.fill(changetype<usize>(flow), 0, offsetof<FlowKey>());
  copyAddress(changetype<usize>(flow), changetype<usize>(action), copy.family);
  flow.family = copy.family;
  flow.outDevice = action.device;
  if (copy.family == 4) flow.tos = <u8>(copy.tos & 0x1e);
  return routeOutput(flow, route);
}
