import { PROTO_AH, PROTO_DCCP, PROTO_ESP, PROTO_SCTP, PROTO_TCP, PROTO_UDP, PROTO_UDPLITE } from "../abi/protocol";
import { load16, load32 } from "../packet/bytes";
import { Packet } from "../packet/packet";
import { FlowKey } from "./route";
import { rulesNeedFlow } from "./rules";

/** Source and destination port of a packet in one word, as the flow dissector takes them; 0 for fragments and others. */
export function flowPorts(packet: Packet): u32 {
  if (packet.isFragment) return 0;
  const protocol = packet.protocol;
  const isAh = protocol == PROTO_AH;
  const hasPorts =
    protocol == PROTO_TCP ||
    protocol == PROTO_UDP ||
    protocol == PROTO_SCTP ||
    protocol == PROTO_DCCP ||
    protocol == PROTO_UDPLITE ||
    protocol == PROTO_ESP ||
    isAh;
  const at: u32 = isAh ? 4 : 0;
  if (!hasPorts || !packet.hasCaptured(at + 4)) return 0;
  return load32(packet.transport + at);
}

/** Fills in protocol and ports if a policy rule looks at them (fib4_rules_early_flow_dissect). */
export function dissectForRules(flow: FlowKey, packet: Packet): void {
  if (!rulesNeedFlow(packet.family)) return;
  const ports = flowPorts(packet);
  flow.protocol = packet.protocol;
  flow.sourcePort = <u16>(ports >> 16);
  flow.destinationPort = <u16>ports;
}

/** IPv6 flow information: traffic class. */
export function trafficClass(packet: Packet): u32 {
  return (load16(packet.data) >> 4) & 0xff;
}
