import { Packet } from "../packet/packet";

/**
 * After POSTROUTING: fragments where needed (ip_finish_output, ip_do_fragment) and hands every piece to its device.
 * Reports the end of the walk. Packets for lo are queued by `toLoopback`. Takes the packet.
 */
export function transmit(_packet: Packet): void {}

/** Hands the packet to the node's own stack, after INPUT: one output frame on `local`. Takes the packet. */
export function deliver(_packet: Packet): void {}
