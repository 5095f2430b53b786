import { IPS_DST_NAT, IPS_SRC_NAT } from "../abi/conntrack";
import { Hook } from "../abi/netfilter";
import { EventKind, StepKind } from "../abi/trace";
import { ctStatus } from "../conntrack/entry";
import { Manip, manipOf } from "../nat/index";
import { config } from "../packet/config";
import { Packet } from "../packet/packet";
import { recordEventWithData } from "./output";
import { extendPath } from "./path";

/** `config.record`: rules, chains and policies only; or everything, with the packet's headers as they are at each step. */
export const RECORD_RULES: u32 = 1;
export const RECORD_ALL: u32 = 2;

/** Bytes of the packet that a step keeps: all headers that matter, and those that an ICMP error quotes. */
const SNAPSHOT: u32 = 192;

/** What a step says of a packet without a conntrack entry. */
const NO_ENTRY: u32 = 15;

/** The packet enters a hook's list. */
export function enterHook(packet: Packet, hook: Hook, inDevice: u32, outDevice: u32): void {
  packet.path = extendPath(packet.path, StepKind.Hook, (hook << 24) | (inDevice << 12) | outDevice);
  if (config.record < RECORD_ALL) return;
  const event = recordEventWithData(packet, EventKind.Hook, hook, 0, SNAPSHOT);
  event.inDevice = inDevice;
  event.outDevice = outDevice;
}

/** Conntrack has looked at the packet. Detail: the `CtInfo`, 15 for none; subject: the entry's status bits. */
export function stepConntrack(packet: Packet, hook: Hook): void {
  const ctinfo: u32 = packet.isInvalid ? NO_ENTRY : packet.ctinfo;
  packet.path = extendPath(packet.path, StepKind.Conntrack, ctinfo);
  if (config.record < RECORD_ALL) return;
  const event = recordEventWithData(packet, EventKind.Conntrack, hook, 0, SNAPSHOT);
  event.detail = ctinfo;
  event.subject = packet.ct == 0 ? 0 : ctStatus(packet.ct);
}

/** The nat hook is done with a packet whose connection is translated on this side. Detail: a `Manip`. */
export function stepNat(packet: Packet, hook: Hook): void {
  const manip = manipOf(hook);
  // Replies are translated the other way round: what the binding did to the source, they undo on the destination.
  const isSource = (manip == Manip.Source) != packet.isReply;
  if ((ctStatus(packet.ct) & (isSource ? IPS_SRC_NAT : IPS_DST_NAT)) == 0) return;
  packet.path = extendPath(packet.path, StepKind.Nat, manip);
  if (config.record < RECORD_ALL) return;
  recordEventWithData(packet, EventKind.Nat, hook, 0, SNAPSHOT).detail = manip;
}

/** Routing has decided. Detail: the `RouteResult`. */
export function stepRoute(packet: Packet, result: u32): void {
  packet.path = extendPath(packet.path, StepKind.Route, result);
  if (config.record < RECORD_ALL) return;
  recordEventWithData(packet, EventKind.Route, 255, 0, SNAPSHOT).detail = result;
}
