/** What became of a packet. One packet of the capture can have several fates (a copy, an error sent back). */
export enum Fate {
  None = 0,
  /** Left through a device. */
  Sent = 1,
  /** Reached the node's own stack, after INPUT. */
  Delivered = 2,
  /** Dropped; the reason says where. */
  Dropped = 3,
  /** Kept for reassembly. */
  Queued = 4,
  /** Not a packet that the node's IP stack looks at (not IP, other host's frame, sent by the node itself). */
  Ignored = 5,
}

/** Why a packet ended. Stable numbers: they appear in results. */
export enum Reason {
  None = 0,
  /** A rule's DROP, or a target that drops. */
  Rule = 1,
  /** A chain's policy. */
  Policy = 2,
  /** A match could not read the header that it tests (hotdrop). */
  Hotdrop = 3,
  /** The destination MAC is another host's. */
  OtherHost = 4,
  HeaderTooShort = 5,
  BadVersion = 6,
  BadHeaderLength = 7,
  BadHeaderChecksum = 8,
  Truncated = 9,
  BadTotalLength = 10,
  Ipv6Disabled = 11,
  BadAddress = 12,
  NoRoute = 13,
  HostUnreachable = 14,
  Prohibited = 15,
  MartianSource = 16,
  MartianDestination = 17,
  ReversePath = 18,
  ForwardingOff = 19,
  Blackhole = 20,
  TtlExceeded = 21,
  TooBig = 22,
  BadOptions = 23,
  /** Conntrack's table is full. */
  TableFull = 24,
  /** Another entry already has this tuple when the connection should be confirmed. */
  Clash = 25,
  /** NAT found no translation or could not translate the packet. */
  NatFailed = 26,
  /** An ICMP error that NAT refuses to translate. */
  NatIcmp = 27,
  /** MASQUERADE: the outgoing device changed, or has no address. */
  Masquerade = 28,
  /** Reassembly failed: overlap, oversize, or a queue that was given up. */
  Fragment = 29,
  /** IPVS: no server could be chosen; the client gets port unreachable. */
  IpvsNoServer = 30,
  /** IPVS: the connection's server was removed. */
  IpvsServerGone = 31,
  /** IPVS: the packet could not be sent to the server. */
  IpvsTransmit = 32,
  /** IPVS: dropped on purpose (drop rate, rescheduling an old connection). */
  IpvsDrop = 33,
  /** No neighbour and no way to make a frame. */
  NoNeighbour = 34,
  /** Nobody listens to the queue of an NFQUEUE rule. */
  QueueUnread = 35,
  /** The frame is not IPv4 or IPv6. */
  NotIp = 36,
  /** The frame was sent by the node itself. */
  OwnFrame = 37,
  /** A VLAN tag with no VLAN device for it. */
  NoVlanDevice = 38,
  /** Local packet that the kernel refuses to send (route, source address). */
  SendRefused = 39,
  /** Multicast or broadcast that the node did not join. */
  NotJoined = 40,
  /** Device is down. */
  DeviceDown = 41,
  /** No port of the bridge takes the frame. */
  NoPort = 42,
  /** The frame's source address is none that a sender can have. */
  BadLinkAddress = 43,
  /** A conntrack helper dropped it: an incomplete command, or a connection that cannot be expected. */
  Helper = 44,
  /** The port of a bond where the frame arrived is a backup. */
  BackupPort = 45,
  /** Delivered ICMP without a whole header: no receiver takes it. */
  IcmpTooShort = 46,
  /** A bridge reads IGMP and MLD, and this is broken. */
  BadGroupMessage = 47,
}
