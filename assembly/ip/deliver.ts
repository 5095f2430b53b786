import { Fate, Reason } from "../abi/fate";
import { PROTO_ICMP } from "../abi/protocol";
import { copyBytes } from "../memory/copy";
import { Packet } from "../packet/packet";
import { drop, endWalk } from "../trace/output";
import { Delivery, deliver6 } from "./deliver6";
import { appendFrame } from "./frame";
import { release } from "./transmit";

const ICMP_HEADER: u32 = 8;

/** Hands the packet to the node's own stack, after INPUT: one output frame on `local`. Takes the packet. */
export function deliver(packet: Packet): void {
  if (lacksIcmpHeader(packet)) {
    drop(packet, Reason.IcmpTooShort);
    return release(packet);
  }
  const delivery = packet.family == 4 ? deliver4(packet) : deliver6(packet);
  if (delivery == Delivery.Taken) return;
  if (delivery == Delivery.Done) endWalk(packet, Fate.Delivered, Reason.None);
  else drop(packet, Reason.BadOptions);
  release(packet);
}

/** Nobody gets so little of ICMP (icmp_rcv, icmp_filter of raw sockets). */
function lacksIcmpHeader(packet: Packet): bool {
  return packet.family == 4 && packet.protocol == PROTO_ICMP && !packet.hasTransport(ICMP_HEADER);
}

function deliver4(packet: Packet): Delivery {
  const at = appendFrame(packet, 0, 0, packet.length, packet.captured);
  copyBytes(at, packet.data, packet.captured);
  return Delivery.Done;
}
