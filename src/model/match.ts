import type { Address, Negatable, Prefix, Range } from "./address.ts";

/** Ports (or anything with two ends) and whether the test is inverted. */
export type PortTest = Negatable<Range>;

export interface TcpMatch {
  readonly kind: "tcp";
  readonly sourcePort?: PortTest;
  readonly destinationPort?: PortTest;
  /** Flags as in byte 13 of the header. */
  readonly flags?: Negatable<{ readonly mask: number; readonly compare: number }>;
  readonly option?: Negatable<number>;
}

export interface UdpMatch {
  readonly kind: "udp";
  readonly sourcePort?: PortTest;
  readonly destinationPort?: PortTest;
}

/** `type` 255 (IPv4 only) is any. */
export interface IcmpMatch {
  readonly kind: "icmp" | "icmp6";
  readonly invert: boolean;
  readonly type: number;
  readonly code: Range;
}

export interface MultiportMatch {
  readonly kind: "multiport";
  readonly side: "source" | "destination" | "either";
  readonly invert: boolean;
  readonly ports: readonly Range[];
}

export type ConntrackState = "INVALID" | "NEW" | "RELATED" | "ESTABLISHED" | "UNTRACKED" | "SNAT" | "DNAT";
export type ConntrackStatus = "NONE" | "EXPECTED" | "SEEN_REPLY" | "ASSURED" | "CONFIRMED";

export interface ConntrackMatch {
  readonly kind: "conntrack";
  readonly state?: Negatable<readonly ConntrackState[]>;
  readonly protocol?: Negatable<number>;
  readonly originalSource?: Negatable<Prefix>;
  readonly originalDestination?: Negatable<Prefix>;
  readonly replySource?: Negatable<Prefix>;
  readonly replyDestination?: Negatable<Prefix>;
  readonly originalSourcePort?: PortTest;
  readonly originalDestinationPort?: PortTest;
  readonly replySourcePort?: PortTest;
  readonly replyDestinationPort?: PortTest;
  readonly status?: Negatable<readonly ConntrackStatus[]>;
  /** Remaining seconds. */
  readonly expire?: Negatable<Range>;
  readonly direction?: "ORIGINAL" | "REPLY";
}

export interface StateMatch {
  readonly kind: "state";
  readonly state: Negatable<readonly ConntrackState[]>;
}

export interface MarkMatch {
  readonly kind: "mark" | "connmark";
  readonly invert: boolean;
  readonly value: number;
  readonly mask: number;
}

export interface CommentMatch {
  readonly kind: "comment";
  readonly text: string;
}

export interface AddrtypeMatch {
  readonly kind: "addrtype";
  /** Names as iptables prints them: UNSPEC, UNICAST, LOCAL, ... */
  readonly source?: Negatable<readonly string[]>;
  readonly destination?: Negatable<readonly string[]>;
  readonly limitInterface?: "in" | "out";
}

export interface StatisticMatch {
  readonly kind: "statistic";
  readonly mode: "random" | "nth";
  readonly invert: boolean;
  /** The probability as the kernel keeps it: 31-bit fraction, 0x80000000 is 1. */
  readonly probability: number;
  readonly every: number;
  readonly packet: number;
}

export interface SetComparison {
  readonly compare: "eq" | "lt" | "gt" | "ne";
  readonly value: bigint;
}

export type SetDirection = "src" | "dst";

export interface SetMatch {
  readonly kind: "set";
  readonly invert: boolean;
  readonly set: string;
  readonly directions: readonly SetDirection[];
  readonly returnNomatch: boolean;
  /** `! --update-counters`, `! --update-subcounters`. */
  readonly keepCounters: boolean;
  readonly keepSubcounters: boolean;
  readonly packets?: SetComparison;
  readonly bytes?: SetComparison;
}

export interface RecentMatch {
  readonly kind: "recent";
  readonly invert: boolean;
  readonly action: "set" | "rcheck" | "update" | "remove";
  readonly seconds: number;
  readonly hitcount: number;
  readonly reap: boolean;
  readonly ttl: boolean;
  readonly name: string;
  readonly mask: Address;
  readonly side: "source" | "destination";
}

export interface LimitMatch {
  readonly kind: "limit";
  /** Ten-thousandths of a second between two packets, as iptables hands it to the kernel. */
  readonly average: number;
  readonly burst: number;
}

export interface IprangeMatch {
  readonly kind: "iprange";
  readonly source?: Negatable<{ readonly from: Address; readonly to: Address }>;
  readonly destination?: Negatable<{ readonly from: Address; readonly to: Address }>;
}

export interface IpvsMatch {
  readonly kind: "ipvs";
  readonly property?: Negatable<true>;
  readonly protocol?: Negatable<number>;
  readonly address?: Negatable<Prefix>;
  readonly port?: Negatable<number>;
  readonly direction?: Negatable<"ORIGINAL" | "REPLY">;
  readonly method?: Negatable<"GATE" | "IPIP" | "MASQ">;
  readonly controlPort?: Negatable<number>;
}

export interface LengthMatch {
  readonly kind: "length";
  readonly length: Negatable<Range>;
}

export interface TtlMatch {
  readonly kind: "ttl" | "hl";
  readonly compare: "eq" | "ne" | "lt" | "gt";
  readonly value: number;
}

export interface TosMatch {
  readonly kind: "tos";
  readonly invert: boolean;
  readonly value: number;
  readonly mask: number;
}

export interface DscpMatch {
  readonly kind: "dscp";
  readonly invert: boolean;
  readonly value: number;
}

export interface StringMatch {
  readonly kind: "string";
  readonly invert: boolean;
  readonly algorithm: "bm" | "kmp";
  readonly pattern: Uint8Array;
  readonly from: number;
  readonly to: number;
  readonly ignoreCase: boolean;
}

export interface ConnbytesMatch {
  readonly kind: "connbytes";
  readonly invert: boolean;
  readonly from: bigint;
  readonly to: bigint;
  readonly direction: "original" | "reply" | "both";
  readonly mode: "packets" | "bytes" | "avgpkt";
}

export interface QuotaMatch {
  readonly kind: "quota";
  readonly invert: boolean;
  readonly quota: bigint;
}

export interface MacMatch {
  readonly kind: "mac";
  readonly invert: boolean;
  readonly address: Uint8Array;
}

export interface PkttypeMatch {
  readonly kind: "pkttype";
  readonly invert: boolean;
  readonly type: "unicast" | "broadcast" | "multicast" | "otherhost" | "outgoing" | "loopback" | "fastroute";
}

export interface U32Test {
  /** The first is the start offset; then &, <<, >> and @ in order. */
  readonly location: readonly { readonly op: "start" | "&" | "<<" | ">>" | "@"; readonly number: number }[];
  readonly values: readonly Range[];
}

export interface U32Match {
  readonly kind: "u32";
  readonly invert: boolean;
  readonly tests: readonly U32Test[];
}

export interface SctpChunkTest {
  readonly type: number;
  /** Flag bits that are looked at, and what they must be. */
  readonly flagMask: number;
  readonly flags: number;
}

export interface SctpMatch {
  readonly kind: "sctp";
  readonly sourcePort?: PortTest;
  readonly destinationPort?: PortTest;
  readonly chunks?: Negatable<{ readonly mode: "all" | "any" | "only"; readonly types: readonly SctpChunkTest[] }>;
}

export interface RpfilterMatch {
  readonly kind: "rpfilter";
  readonly loose: boolean;
  readonly validmark: boolean;
  readonly acceptLocal: boolean;
  readonly invert: boolean;
}

export interface HashlimitMatch {
  readonly kind: "hashlimit";
  readonly above: boolean;
  readonly unit: "packets" | "bytes";
  /** As iptables hands it to the kernel: millionths of a second between packets, or the byte rate's inverse. */
  readonly average: bigint;
  readonly burst: bigint;
  readonly modes: readonly ("srcip" | "srcport" | "dstip" | "dstport")[];
  readonly name: string;
  readonly sourceMask: number;
  readonly destinationMask: number;
  readonly tableSize: number;
  readonly tableMax: number;
  readonly expireMs: number;
  readonly gcIntervalMs: number;
  readonly rateMatch: boolean;
  readonly rateInterval: number;
  /** The words of the rule, for printing. */
  readonly text: string;
}

export interface EcnMatch {
  readonly kind: "ecn";
  readonly cwr?: Negatable<true>;
  readonly ece?: Negatable<true>;
  readonly ect?: Negatable<number>;
}

export interface ConnlimitMatch {
  readonly kind: "connlimit";
  readonly limit: number;
  /** `--connlimit-upto`: match while at most that many. */
  readonly upto: boolean;
  readonly mask: number;
  readonly side: "source" | "destination";
}

export interface TcpmssMatch {
  readonly kind: "tcpmss";
  readonly mss: Negatable<Range>;
}

export interface Ipv6headerMatch {
  readonly kind: "ipv6header";
  readonly invert: boolean;
  readonly headers: readonly string[];
  readonly soft: boolean;
}

/** SPI of an AH, ESP or IPComp header; IPv6 AH can also test the header's length and its reserved bits. */
export interface SpiMatch {
  readonly kind: "ah" | "esp" | "ipcomp";
  readonly spi?: Negatable<Range>;
  readonly length?: Negatable<number>;
  /** `--ahres`: the reserved field is zero; `--compres` for IPComp. */
  readonly reserved: boolean;
}

/** IPv6 fragment header. */
export interface FragMatch {
  readonly kind: "frag";
  readonly id?: Negatable<Range>;
  readonly length?: Negatable<number>;
  readonly reserved: boolean;
  readonly first: boolean;
  readonly more: boolean;
  readonly last: boolean;
}

/** IPv6 routing header. */
export interface RtMatch {
  readonly kind: "rt";
  readonly type?: Negatable<number>;
  readonly segmentsLeft?: Negatable<Range>;
  readonly length?: Negatable<number>;
  readonly reserved: boolean;
  readonly addresses: readonly Address[];
  readonly notStrict: boolean;
}

/** IPv6 hop-by-hop or destination options header. */
export interface OptionsHeaderMatch {
  readonly kind: "hbh" | "dst";
  readonly length?: Negatable<number>;
  readonly options: readonly { readonly type: number; readonly length?: number }[];
}

export interface OwnerMatch {
  readonly kind: "owner";
  readonly socketExists?: Negatable<true>;
  readonly uid?: Negatable<Range>;
  readonly gid?: Negatable<Range>;
  readonly supplementaryGroups: boolean;
}

export interface PhysdevMatch {
  readonly kind: "physdev";
  readonly in?: Negatable<string>;
  readonly out?: Negatable<string>;
  readonly isIn?: Negatable<true>;
  readonly isOut?: Negatable<true>;
  readonly isBridged?: Negatable<true>;
}

export interface SocketMatch {
  readonly kind: "socket";
  readonly transparent: boolean;
  readonly nowildcard: boolean;
  readonly restoreSkmark: boolean;
}

export interface CpuMatch {
  readonly kind: "cpu";
  readonly cpu: Negatable<number>;
}

export interface DevgroupMatch {
  readonly kind: "devgroup";
  readonly source?: Negatable<{ readonly value: number; readonly mask: number }>;
  readonly destination?: Negatable<{ readonly value: number; readonly mask: number }>;
}

export interface HelperMatch {
  readonly kind: "helper";
  readonly helper: Negatable<string>;
}

export interface RealmMatch {
  readonly kind: "realm";
  readonly invert: boolean;
  readonly value: number;
  readonly mask: number;
}

export interface CgroupMatch {
  readonly kind: "cgroup";
  readonly classid?: Negatable<number>;
  readonly path?: Negatable<string>;
}

/** Mobility header types. */
export interface MhMatch {
  readonly kind: "mh";
  readonly type?: Negatable<Range>;
}

export interface TimeMatch {
  readonly kind: "time";
  /** Seconds since 1970. */
  readonly dateStart: number;
  readonly dateStop: number;
  /** Seconds of the day. */
  readonly timeStart: number;
  readonly timeStop: number;
  /** Bit 1 is the first of the month. */
  readonly monthdays: number;
  /** Bit 1 is Monday. */
  readonly weekdays: number;
  readonly kernelTimezone: boolean;
  readonly contiguous: boolean;
}

/** An instruction of classic BPF (struct sock_filter). */
export interface BpfInstruction {
  readonly code: number;
  readonly jumpTrue: number;
  readonly jumpFalse: number;
  readonly k: number;
}

export interface BpfMatch {
  readonly kind: "bpf";
  /** undefined: `--object-pinned`. */
  readonly program?: readonly BpfInstruction[];
  /** The words of the rule, for printing; so below. */
  readonly text: string;
}

export interface ClusterMatch {
  readonly kind: "cluster";
  /** One bit for each node that this one is. */
  readonly nodes: Negatable<number>;
  readonly total: number;
  readonly seed: number;
  readonly text: string;
}

export interface DccpMatch {
  readonly kind: "dccp";
  readonly sourcePort?: PortTest;
  readonly destinationPort?: PortTest;
  /** One bit for each packet type. */
  readonly types?: Negatable<number>;
  readonly option?: Negatable<number>;
  readonly text: string;
}

export interface Eui64Match {
  readonly kind: "eui64";
  readonly text: string;
}

export interface PolicyMatch {
  readonly kind: "policy";
  /** `--pol none`. */
  readonly none: boolean;
  readonly text: string;
}

/** A match that is kept word by word: loaded and printed, but not compiled. Refused at load unless ignored. */
export interface VerbatimMatch {
  readonly kind: "verbatim";
  /** Name of the extension. */
  readonly name: string;
  /** Its options as the real tool prints them, without `-m NAME`. */
  readonly text: string;
}

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
  | RealmMatch
  | CgroupMatch
  | MhMatch
  | TimeMatch
  | BpfMatch
  | ClusterMatch
  | DccpMatch
  | Eui64Match
  | PolicyMatch
  | VerbatimMatch;
