/** Hook points, numbered as the kernel numbers them (include/uapi/linux/netfilter.h). */
export enum Hook {
  PreRouting = 0,
  Input = 1,
  Forward = 2,
  Output = 3,
  PostRouting = 4,
}

export const HOOK_COUNT = 5;

/** The tables of iptables, in the order in which PREROUTING would meet them. */
export enum Table {
  Raw = 0,
  Mangle = 1,
  Nat = 2,
  Filter = 3,
  Security = 4,
}

export const TABLE_COUNT = 5;

/** What a hook function or a table says of a packet (include/uapi/linux/netfilter.h). */
export enum Verdict {
  /** The packet is freed. */
  Drop = 0,
  /** The next hook function of this hook sees it. */
  Accept = 1,
  /** The hook function took it: kept for reassembly, or sent on another way. */
  Stolen = 2,
  /** Only inside a table: the rule did not decide, go on with the next rule. */
  Continue = 3,
  /** Only inside a table: back to the rule after the last jump. */
  Return = 4,
}

/** How the link layer addressed a frame (include/uapi/linux/if_packet.h). */
export enum PacketType {
  Host = 0,
  Broadcast = 1,
  Multicast = 2,
  OtherHost = 3,
  Outgoing = 4,
  Loopback = 5,
}

/** Where a packet's walk began. */
export enum Origin {
  /** A frame of the capture that arrived at a device. */
  Received = 0,
  /** A packet of the capture that the node itself sends (interface `local`). */
  Local = 1,
  /** A packet that the kernel made: an ICMP error, a reset, the outside of a tunnel, a copy. */
  Kernel = 2,
}
