import { Fate, Reason } from "../abi/fate";
import { copyBytes } from "../memory/copy";
import { Packet } from "../packet/packet";
import { drop, endWalk } from "../trace/output";
import { Delivery, deliver6 } from "./deliver6";
import { appendFrame } from "./frame";
import { release } from "./transmit";

/** Hands the packet to the node's own stack, after INPUT: one output frame on `local`. Takes the packet. */
export function deliver(packet: Packet): void {
  const delivery = packet.family == 4 ? deliver4(packet) : deliver6(packet);
  if (delivery == Delivery.Taken) return;
  if (delivery == Delivery.Done) endWalk(packet, Fate.Delivered, Reason.None);
  else drop(packet, Reason.BadOptions);
  release(packet);
}

function deliver4(packet: Packet): Delivery {
  const at = appendFrame(packet, 0, 0, packet.length, packet.captured);
  copyBytes(at, packet.data, packet.captured);
  return Delivery.Done;
}
