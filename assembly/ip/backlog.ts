import { Packet } from "../packet/packet";

/**
 * Packets that a device gave back to the node (lo), waiting until the current packet is done, as the kernel's backlog
 * waits for the softirq.
 */
let first: usize = 0;
let last: usize = 0;

export function enqueue(packet: Packet): void {
  packet.next = 0;
  if (last == 0) first = changetype<usize>(packet);
  else changetype<Packet>(last).next = changetype<usize>(packet);
  last = changetype<usize>(packet);
}

/** The packet that has waited longest, or null. */
export function dequeue(): Packet | null {
  if (first == 0) return null;
  const packet = changetype<Packet>(first);
  first = packet.next;
  if (first == 0) last = 0;
  packet.next = 0;
  return packet;
}
