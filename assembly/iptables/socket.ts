import { Origin } from "../abi/netfilter";
import { PROTO_TCP } from "../abi/protocol";
import { Packet } from "../packet/packet";

/**
 * Does the packet still belong to a socket of the node (skb->sk)? Packets of the node have one until they leave or loop
 * back, the kernel's ICMP errors have the control socket's, the resets of REJECT have none.
 */
export function hasSocket(packet: Packet): bool {
  if (packet.loopedBack || packet.origin == Origin.Received) return false;
  return packet.origin == Origin.Local || packet.protocol != PROTO_TCP;
}

/** Is it a process's socket, with an owner? Only what the capture's `local` interface brings has one. */
export function hasOwner(packet: Packet): bool {
  return packet.origin == Origin.Local && !packet.loopedBack;
}
