import type {
  ClusterMatch,
  ConnbytesMatch,
  ConnlabelMatch,
  ConnlimitMatch,
  ConntrackMatch,
  HelperMatch,
  IpvsMatch,
  StateMatch,
} from "./match-connection.ts";
import type {
  BpfMatch,
  DscpMatch,
  EcnMatch,
  IprangeMatch,
  LengthMatch,
  MacMatch,
  PkttypeMatch,
  StringMatch,
  TosMatch,
  TtlMatch,
  U32Match,
} from "./match-header.ts";
import type {
  AddrtypeMatch,
  CgroupMatch,
  CommentMatch,
  CpuMatch,
  DevgroupMatch,
  MarkMatch,
  OwnerMatch,
  PhysdevMatch,
  PolicyMatch,
  RealmMatch,
  RpfilterMatch,
  SocketMatch,
  VerbatimMatch,
} from "./match-host.ts";
import type { Eui64Match, FragMatch, Ipv6headerMatch, OptionsHeaderMatch, RtMatch, SrhMatch } from "./match-ipv6.ts";
import type {
  HashlimitMatch,
  LimitMatch,
  NfacctMatch,
  QuotaMatch,
  RateestMatch,
  RecentMatch,
  SetMatch,
  StatisticMatch,
  TimeMatch,
} from "./match-memory.ts";
import type {
  DccpMatch,
  IcmpMatch,
  MhMatch,
  MultiportMatch,
  OsfMatch,
  SctpMatch,
  SpiMatch,
  TcpMatch,
  TcpmssMatch,
  UdpMatch,
} from "./match-transport.ts";

export type * from "./match-connection.ts";
export type * from "./match-header.ts";
export type * from "./match-host.ts";
export type * from "./match-ipv6.ts";
export type * from "./match-memory.ts";
export type * from "./match-transport.ts";

/** What a rule tests beside its addresses, devices and protocol; the kinds are named as the kernel names them. */
export type Match =
  | TcpMatch
  | UdpMatch
  | IcmpMatch
  | MultiportMatch
  | ConntrackMatch
  | StateMatch
  | MarkMatch
  | CommentMatch
  | AddrtypeMatch
  | StatisticMatch
  | SetMatch
  | RecentMatch
  | LimitMatch
  | IprangeMatch
  | IpvsMatch
  | LengthMatch
  | TtlMatch
  | TosMatch
  | DscpMatch
  | StringMatch
  | ConnbytesMatch
  | QuotaMatch
  | MacMatch
  | PkttypeMatch
  | U32Match
  | SctpMatch
  | RpfilterMatch
  | HashlimitMatch
  | EcnMatch
  | ConnlimitMatch
  | TcpmssMatch
  | Ipv6headerMatch
  | SpiMatch
  | FragMatch
  | RtMatch
  | OptionsHeaderMatch
  | OwnerMatch
  | PhysdevMatch
  | SocketMatch
  | CpuMatch
  | DevgroupMatch
  | HelperMatch
  | ConnlabelMatch
  | RealmMatch
  | CgroupMatch
  | MhMatch
  | TimeMatch
  | BpfMatch
  | ClusterMatch
  | DccpMatch
  | Eui64Match
  | PolicyMatch
  | SrhMatch
  | NfacctMatch
  | RateestMatch
  | OsfMatch
  | VerbatimMatch;
