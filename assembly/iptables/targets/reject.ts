import { PROTO_AH, PROTO_DCCP, PROTO_ESP, PROTO_GRE, PROTO_SCTP, PROTO_UDP, PROTO_UDPLITE } from "../../abi/protocol";
import { sendIcmpError, sendIcmpv6Error } from "../../ip/icmp";
import { load16 } from "../../packet/bytes";
import { Packet } from "../../packet/packet";
import { CONSULTED_EFFECT, context } from "../context";
import { isChecksumRight } from "../transport-checksum";
import { sendReset } from "./reject-reset";

/** -j REJECT (net/ipv4/netfilter/ipt_REJECT.c, net/ipv6/netfilter/ip6t_REJECT.c). The packet is dropped in any case. */
@unmanaged
export class RejectAction {
  tcpReset: bool;
  /** Code of the destination unreachable error. */
  code: u8;
}

const ICMP_DEST_UNREACH: u32 = 3;
const ICMPV6_DEST_UNREACH: u32 = 1;

export function runReject(packet: Packet, action: RejectAction): void {
  context.consulted |= CONSULTED_EFFECT;
  if (action.tcpReset) sendReset(packet);
  else if (packet.family == 4) sendUnreachable4(packet, action.code);
  else sendUnreachable6(packet, action.code);
}

/** nf_send_unreach(): not for later fragments, nor where a checksum that can be verified is wrong. */
function sendUnreachable4(packet: Packet, code: u32): void {
  if (packet.fragmentOffset != 0) return;
  if (!isAnswerable(packet, packet.protocol)) return;
  sendIcmpError(packet, ICMP_DEST_UNREACH, code, 0);
}

/** nf_send_unreach6(): the same; here a header chain that does not end within the packet gets no answer. */
function sendUnreachable6(packet: Packet, code: u32): void {
  const isWhole = !packet.brokenChain && packet.transportOffset < packet.length && packet.fragmentOffset == 0;
  if (packet.checksumValid == 0 && !isWhole) return;
  if (!isAnswerable(packet, packet.protocol)) return;
  sendIcmpv6Error(packet, ICMPV6_DEST_UNREACH, code, 0);
}

/** What conntrack verified is not looked at again (skb_csum_unnecessary), be it in a tunnel by now. */
function isAnswerable(packet: Packet, protocol: u32): bool {
  return (
    packet.checksumValid != 0 ||
    !isVerified(packet, protocol) ||
    isChecksumRight(packet, packet.transportOffset, protocol)
  );
}

/** nf_reject_verify_csum(): has the protocol a checksum over all of its payload? */
function isVerified(packet: Packet, protocol: u32): bool {
  if (protocol == PROTO_UDP) {
    return !packet.hasTransport(8) || !packet.hasCaptured(8) || load16(packet.transport + 6) != 0;
  }
  return (
    protocol != PROTO_GRE &&
    protocol != PROTO_AH &&
    protocol != PROTO_ESP &&
    protocol != PROTO_SCTP &&
    protocol != PROTO_UDPLITE &&
    protocol != PROTO_DCCP
  );
}
