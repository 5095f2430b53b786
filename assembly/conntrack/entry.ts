import { Direction } from "../abi/conntrack";

/**
 * What other subsystems may ask of a conntrack entry or template. `ct` is the address in `Packet.ct`, never 0.
 */
export function ctFamily(_ct: usize): u32 {
  return 4;
}

export function ctProtocol(_ct: usize): u32 {
  return 0;
}

/** `IPS_*` bits. */
export function ctStatus(_ct: usize): u32 {
  return 0;
}

export function addCtStatus(_ct: usize, _bits: u32): void {}

export function ctMark(_ct: usize): u32 {
  return 0;
}

export function setCtMark(_ct: usize, _mark: u32): void {}

/** Where the source (`side` 0) or destination (1) address of a direction's tuple lies: 4 or 16 bytes as in packets. */
export function tupleAddress(_ct: usize, _direction: Direction, _side: u32): usize {
  return 0;
}

/** Port of a tuple in host order; for ICMP the source port is the id and the destination port is type << 8 | code. */
export function tuplePort(_ct: usize, _direction: Direction, _side: u32): u32 {
  return 0;
}

export function ctPackets(_ct: usize, _direction: Direction): u64 {
  return 0;
}

export function ctBytes(_ct: usize, _direction: Direction): u64 {
  return 0;
}

/** Ticks left before the entry expires, as nf_ct_expires() gives them. */
export function ctRemainingTicks(_ct: usize): u64 {
  return 0;
}

/** First FlowMemory of a direction (see iptables/flow-memory), 0 for none. */
export function flowMemory(_ct: usize, _direction: Direction): usize {
  return 0;
}

export function setFlowMemory(_ct: usize, _direction: Direction, _head: usize): void {}

/** A template for a CT rule (nf_ct_tmpl_alloc): kept for as long as the table is loaded. */
export function newTemplate(_family: u32, _zone: u32, _zoneDirection: u32, _zoneFromMark: bool): usize {
  return 0;
}

/** Entries alive. */
export function entryCount(): u32 {
  return 0;
}
