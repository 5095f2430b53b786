/** Matches, named as the kernel names them. Stable numbers within a version: host and core are built together. */
export enum MatchKind {
  Tcp = 1,
  Udp = 2,
  Icmp = 3,
  Icmp6 = 4,
  Multiport = 5,
  Conntrack = 6,
  State = 7,
  Mark = 8,
  Connmark = 9,
  Addrtype = 10,
  Set = 11,
  Statistic = 12,
  Recent = 13,
  Limit = 14,
  Iprange = 15,
  Ipvs = 16,
  Length = 17,
  Ttl = 18,
  Hl = 19,
  Tos = 20,
  Dscp = 21,
  String = 22,
  Connbytes = 23,
  Quota = 24,
  Mac = 25,
  Pkttype = 26,
  U32 = 27,
  Sctp = 28,
  Rpfilter = 29,
  Hashlimit = 30,
  Ecn = 31,
  Connlimit = 32,
  Tcpmss = 33,
  Ipv6header = 34,
  Rt = 35,
  Hbh = 36,
  Dst = 37,
  Frag = 38,
  Ah = 39,
  Esp = 40,
  Owner = 41,
  Physdev = 42,
  Socket = 43,
  Cpu = 44,
  Devgroup = 45,
  Helper = 46,
  Realm = 47,
  Mh = 48,
  Time = 49,
  Ipcomp = 50,
  Bpf = 51,
  Cluster = 52,
  Dccp = 53,
  Eui64 = 54,
  Policy = 55,
  Srh = 56,
  Nfacct = 57,
  Rateest = 58,
  Osf = 59,
  Cgroup = 60,
  Connlabel = 61,
}

/** Targets, named as iptables names them. */
export enum TargetKind {
  /** No target: the rule only counts. */
  None = 0,
  Accept = 1,
  Drop = 2,
  Return = 3,
  Jump = 4,
  Goto = 5,
  Reject = 6,
  Mark = 7,
  Connmark = 8,
  Dnat = 9,
  Snat = 10,
  Masquerade = 11,
  Redirect = 12,
  Netmap = 13,
  Notrack = 14,
  Ct = 15,
  Log = 16,
  Set = 17,
  Tos = 18,
  Dscp = 19,
  Ttl = 20,
  Hl = 21,
  Tcpmss = 22,
  Tcpoptstrip = 23,
  /** Not Linux's: hookwalk's announced extension for the published `-j IPVS`. */
  Ipvs = 24,
  Queue = 25,
  Nflog = 26,
  Trace = 27,
  Checksum = 28,
  Classify = 29,
  Tee = 30,
  Ecn = 31,
  Tproxy = 32,
  Hmark = 33,
  Audit = 34,
  Idletimer = 35,
  Led = 36,
  Snpt = 37,
  Dnpt = 38,
  Rateest = 39,
  Clusterip = 40,
  Secmark = 41,
}

/** Flags of a rule's own tests. */
export const RULE_NOT_SOURCE = 1;
export const RULE_NOT_DESTINATION = 2;
export const RULE_NOT_PROTOCOL = 4;
/** `-f`, and `! -f` together with {@link RULE_NOT_FRAGMENT}. */
export const RULE_FRAGMENT = 8;
export const RULE_NOT_FRAGMENT = 16;

/** The conditions of a rule, in the order in which they are evaluated; {@link CONDITION_MATCH} + n is its n-th match. */
export enum Condition {
  /** None failed: the rule matches. */
  None = 0,
  Source = 1,
  Destination = 2,
  InDevice = 3,
  OutDevice = 4,
  Protocol = 5,
  Fragment = 6,
}
export const CONDITION_MATCH = 8;
/** Set beside the condition: evaluating it dropped the packet (hotdrop). */
export const CONDITION_HOTDROP = 0x10000;

/** Connection states of rules, as bits (XT_CONNTRACK_STATE_*, XT_STATE_*). */
export const STATE_INVALID = 1;
/** ESTABLISHED; RELATED and NEW are the next two bits, in the order of `CtInfo`. */
export const STATE_OF_CTINFO = 2;
export const STATE_ESTABLISHED = 2;
export const STATE_RELATED = 4;
export const STATE_NEW = 8;
export const STATE_SNAT = 16;
export const STATE_DNAT = 32;
export const STATE_UNTRACKED = 64;

/** What a conntrack match tests, as bits. */
export const CONNTRACK_STATE = 0x1;
export const CONNTRACK_PROTOCOL = 0x2;
export const CONNTRACK_STATUS = 0x4;
export const CONNTRACK_EXPIRES = 0x8;
export const CONNTRACK_DIRECTION = 0x10;
export const CONNTRACK_ORIGINAL_SOURCE = 0x100;
export const CONNTRACK_ORIGINAL_DESTINATION = 0x200;
export const CONNTRACK_REPLY_SOURCE = 0x400;
export const CONNTRACK_REPLY_DESTINATION = 0x800;
export const CONNTRACK_ORIGINAL_SOURCE_PORT = 0x1000;
export const CONNTRACK_ORIGINAL_DESTINATION_PORT = 0x2000;
export const CONNTRACK_REPLY_SOURCE_PORT = 0x4000;
export const CONNTRACK_REPLY_DESTINATION_PORT = 0x8000;

/** What -m recent does with an address. */
export enum RecentAction {
  Set = 0,
  Check = 1,
  Update = 2,
  Remove = 3,
}

/** What -m addrtype asks of IPv6 addresses (XT_ADDRTYPE_*); the bits of IPv4 are 1 << `RouteType`, and these are the same. */
export const ADDRTYPE_UNSPEC = 0x1;
export const ADDRTYPE_UNICAST = 0x2;
export const ADDRTYPE_LOCAL = 0x4;
export const ADDRTYPE_ANYCAST = 0x10;
export const ADDRTYPE_MULTICAST = 0x20;
export const ADDRTYPE_UNREACHABLE = 0x80;

/** What -m ipvs tests, as bits (XT_IPVS_*). */
export const IPVS_TEST_PROPERTY = 1;
export const IPVS_TEST_PROTOCOL = 2;
export const IPVS_TEST_ADDRESS = 4;
export const IPVS_TEST_PORT = 8;
/** Inverted: the reply direction. */
export const IPVS_TEST_DIRECTION = 16;
export const IPVS_TEST_METHOD = 32;
export const IPVS_TEST_CONTROL_PORT = 64;

export enum ConnmarkMode {
  Set = 0,
  Save = 1,
  Restore = 2,
}

/** How -m ttl and -m hl compare. */
export enum HopCompare {
  Equal = 0,
  NotEqual = 1,
  Less = 2,
  Greater = 3,
}

/** What -m connbytes looks at. */
export enum ConnbytesMode {
  Packets = 0,
  Bytes = 1,
  Average = 2,
}

export enum ConnbytesDirection {
  Original = 0,
  Reply = 1,
  Both = 2,
}

/** Which chunks -m sctp wants to see. */
export enum SctpChunks {
  None = 0,
  Any = 1,
  All = 2,
  Only = 3,
}

/** Operators of -m u32. */
export enum U32Operator {
  And = 0,
  ShiftLeft = 1,
  ShiftRight = 2,
  At = 3,
}

/** Headers that -m ipv6header names, as bits (MASK_*). */
export const HEADER_PROTOCOL = 1;
export const HEADER_NONE = 2;
export const HEADER_ESP = 4;
export const HEADER_AUTH = 8;
export const HEADER_FRAGMENT = 16;
export const HEADER_ROUTE = 32;
export const HEADER_DESTINATION = 64;
export const HEADER_HOP = 128;

/** What -m frag asks for, as bits (IP6T_FRAG_*). */
export const FRAG_RESERVED = 1;
export const FRAG_FIRST = 2;
export const FRAG_MORE = 4;
export const FRAG_LAST = 8;

/** What -m hashlimit tells apart and how it counts, as bits (XT_HASHLIMIT_*). */
export const HASHLIMIT_DESTINATION = 1;
export const HASHLIMIT_DESTINATION_PORT = 2;
export const HASHLIMIT_SOURCE = 4;
export const HASHLIMIT_SOURCE_PORT = 8;
export const HASHLIMIT_INVERT = 16;
export const HASHLIMIT_BYTES = 32;
export const HASHLIMIT_RATE_MATCH = 64;

/** What -m dccp tests, as bits (XT_DCCP_*). */
export const DCCP_TEST_SOURCE = 1;
export const DCCP_TEST_DESTINATION = 2;
export const DCCP_TEST_TYPES = 4;
export const DCCP_TEST_OPTION = 8;

/** What -m physdev and -m owner ask for, as bits; the same bits say what is inverted. */
export const PHYSDEV_IN = 1;
export const PHYSDEV_OUT = 2;
export const PHYSDEV_BRIDGED = 4;
export const PHYSDEV_IS_IN = 8;
export const PHYSDEV_IS_OUT = 16;
export const OWNER_UID = 1;
export const OWNER_GID = 2;
export const OWNER_SOCKET = 4;
/** `--suppl-groups`, which cannot be inverted. */
export const OWNER_OTHER_GROUPS = 8;

/** What -m srh tests, as bits (IP6T_SRH_*); the same bits say what is inverted. */
export const SRH_NEXT_HEADER = 0x1;
export const SRH_LENGTH_EQUAL = 0x2;
export const SRH_LENGTH_GREATER = 0x4;
export const SRH_LENGTH_LESS = 0x8;
export const SRH_SEGMENTS_EQUAL = 0x10;
export const SRH_SEGMENTS_GREATER = 0x20;
export const SRH_SEGMENTS_LESS = 0x40;
export const SRH_LAST_EQUAL = 0x80;
export const SRH_LAST_GREATER = 0x100;
export const SRH_LAST_LESS = 0x200;
export const SRH_TAG = 0x400;
export const SRH_PREVIOUS_SID = 0x800;
export const SRH_NEXT_SID = 0x1000;
export const SRH_LAST_SID = 0x2000;

/** How -m rateest compares. */
export enum RateCompare {
  Less = 0,
  Greater = 1,
  Equal = 2,
}

/** What -m nfacct asks of its object. */
export enum AccountQuota {
  None = 0,
  Packets = 1,
  Bytes = 2,
}

/** What -j CLUSTERIP tells apart (CLUSTERIP_HASHMODE_*). */
export enum ClusterHash {
  Source = 0,
  SourcePort = 1,
  SourceAndDestinationPort = 2,
}

/** How -j TTL and -j HL change the hops. */
export enum HopMode {
  Set = 0,
  Increase = 1,
  Decrease = 2,
}
