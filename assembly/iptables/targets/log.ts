import { EventKind } from "../../abi/trace";
import { Packet } from "../../packet/packet";
import { recordEventWithData } from "../../trace/output";
import { CONSULTED_EFFECT, context } from "../context";
import { Rule } from "../rule";
import { hasOwner } from "../socket";

/** Enough for all headers that a line can name, those inside an ICMP error too. */
const LOGGED_BYTES: u32 = 1280;

/**
 * -j LOG (net/netfilter/xt_LOG.c): an event with the packet's bytes, from which the host makes the line. Its detail is 1
 * for a packet of a process, whose user and group the line may name.
 */
export function runLog(packet: Packet, rule: Rule): void {
  context.consulted |= CONSULTED_EFFECT;
  const event = recordEventWithData(packet, EventKind.Log, context.hook, rule.id, LOGGED_BYTES);
  event.inDevice = context.inDevice;
  event.outDevice = context.outDevice;
  event.detail = hasOwner(packet) ? 1 : 0;
}
