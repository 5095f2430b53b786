/** What a rule is evaluated in: the kernel's nf_hook_state and xt_action_param. */
@unmanaged
export class Context {
  /** The `Hook` and the `Table`. */
  hook: u32;
  table: u32;
  /** Devices as this hook knows them; 0 is none. */
  inDevice: u32;
  outDevice: u32;
  /** A match sets it: evaluation stops, the packet is dropped (par->hotdrop). */
  hotdrop: bool;
  /** What the walk has looked at that differs between packets of one flow (`CONSULTED_*`). */
  consulted: u32;
  /** Sets that the walk looked into, 0 for none. */
  set0: u32;
  set1: u32;
}

/** Packet length. */
export const CONSULTED_LENGTH: u32 = 1;
export const CONSULTED_TTL: u32 = 2;
export const CONSULTED_TCP_FLAGS: u32 = 4;
export const CONSULTED_TOS: u32 = 8;
/** Bytes of the packet beyond the tuple and the fields above. */
export const CONSULTED_PAYLOAD: u32 = 16;
/** State that changes by itself or by being looked at: limit, recent, statistic, counters, timeouts. */
export const CONSULTED_STATE: u32 = 32;
/** A target changed the packet or made another one. */
export const CONSULTED_EFFECT: u32 = 64;
/** Link-layer header or packet type. */
export const CONSULTED_LINK: u32 = 128;
/** An ipset without timeouts or counters; valid until a set changes. */
export const CONSULTED_SET: u32 = 256;
/** The skb's mark or the conntrack entry's mark, status or ctinfo: always part of the key. */
export const CONSULTED_KEYED: u32 = 512;

export const context = changetype<Context>(memory.data(offsetof<Context>(), 8));

/** The walk looked into a set; more than two are one too many to be kept apart. */
export function consultSet(set: u32): void {
  context.consulted |= CONSULTED_SET;
  if (context.set0 == 0) context.set0 = set;
  else if (context.set0 == set || context.set1 == set) return;
  else if (context.set1 == 0) context.set1 = set;
  else context.consulted |= CONSULTED_STATE;
}
