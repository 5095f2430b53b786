import { Pool } from "../memory/pool";

/**
 * What the whole walk of one direction of a connection through the node came to, where nothing happened on it that could come
 * out differently for the next packet: every table's walk was a remembered one, the packet was forwarded and left whole.
 * One cache line. hooks/shortcut learns and takes it; it hangs on the connection before the memories of single tables.
 */
@unmanaged
export class Shortcut {
  /** The first `FlowMemory` of the direction. */
  next: usize;
  /** What tables and routes were then; others void it. */
  generation: u32;
  /** The whole path, its end included, and where its packets are counted (a `PathCount`). */
  path: u32;
  count: usize;
  ctMark: u32;
  mtu: u32;
  inDevice: u16;
  outDevice: u16;
  ctStatus: u16;
  ctinfo: u8;
  tos: u8;
  /** TCP flags, where a table's walk looked at them. */
  tcpFlags: u8;
  flagsKeyed: bool;
  /** Does NAT rewrite the packets? */
  isTranslated: bool;
  linkLength: u8;
  /** The link header that the packets leave with. */
  link0: u64;
  link1: u64;
  /**
   * What the way adds to the checksums of an IPv4 packet: one hop less and other addresses to that of its header, other addresses
   * and ports to that of its transport. One's complement sums of words as they lie in memory.
   */
  headerChange: u16;
  transportChange: u16;
  /** Nobody reads it: written to fetch the line ahead. */
  touched: u8;
}

/** Set in a connection's pointer to a {@link Shortcut}; one to a `FlowMemory` has it not. */
export const SHORTCUT_TAG: usize = 1;

const LINE: u32 = 64;
const shortcuts = Pool.create(LINE);

export function takeShortcut(): Shortcut {
  return changetype<Shortcut>(shortcuts.take());
}

export function giveShortcut(shortcut: usize): void {
  shortcuts.give(shortcut);
}

assert(offsetof<Shortcut>() <= LINE);
