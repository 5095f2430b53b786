import type { Address, Prefix } from "./address.ts";
import type { SetDirection } from "./match.ts";

/** ACCEPT, DROP, RETURN, and QUEUE. */
export interface VerdictTarget {
  readonly kind: "ACCEPT" | "DROP" | "RETURN" | "QUEUE";
}

/** `-j CHAIN` and `-g CHAIN`. */
export interface JumpTarget {
  readonly kind: "jump" | "goto";
  readonly chain: string;
}

export interface RejectTarget {
  readonly kind: "REJECT";
  /** The long name that iptables prints: icmp-port-unreachable, icmp6-no-route, tcp-reset, ... */
  readonly with: string;
}

export interface MarkTarget {
  readonly kind: "MARK";
  readonly value: number;
  readonly mask: number;
}

export interface ConnmarkTarget {
  readonly kind: "CONNMARK";
  readonly mode: "set" | "save" | "restore";
  readonly value: number;
  /** Mask of the connection's mark, and of the packet's. */
  readonly ctMask: number;
  readonly nfMask: number;
  readonly shift?: { readonly direction: "left" | "right"; readonly bits: number };
}

/** DNAT and SNAT: what `--to-destination` and `--to-source` give. */
export interface NatTarget {
  readonly kind: "DNAT" | "SNAT";
  readonly addresses?: { readonly from: Address; readonly to: Address };
  readonly ports?: { readonly from: number; readonly to: number; readonly base?: number };
  readonly random: boolean;
  readonly randomFully: boolean;
  readonly persistent: boolean;
}

export interface MasqueradeTarget {
  readonly kind: "MASQUERADE" | "REDIRECT";
  readonly ports?: { readonly from: number; readonly to: number };
  readonly random: boolean;
  readonly randomFully: boolean;
}

export interface NetmapTarget {
  readonly kind: "NETMAP";
  readonly to: Prefix;
}

export interface NotrackTarget {
  readonly kind: "NOTRACK";
}

export interface CtTarget {
  readonly kind: "CT";
  readonly notrack: boolean;
  /** Zone of both directions, of one, or from the mark. */
  readonly zone?: number | "mark";
  readonly zoneDirection?: "both" | "orig" | "reply";
  readonly helper?: string;
  readonly timeoutPolicy?: string;
  readonly events?: readonly string[];
  readonly expectEvents?: readonly string[];
}

export interface LogTarget {
  readonly kind: "LOG";
  readonly level: number;
  readonly prefix: string;
  readonly tcpSequence: boolean;
  readonly tcpOptions: boolean;
  readonly ipOptions: boolean;
  readonly uid: boolean;
  readonly macDecode: boolean;
}

export interface SetOperation {
  readonly set: string;
  readonly directions: readonly SetDirection[];
}

export interface SetTarget {
  readonly kind: "SET";
  readonly add?: SetOperation;
  readonly delete?: SetOperation;
  readonly map?: SetOperation;
  readonly exist: boolean;
  /** Seconds; undefined: the set's default. */
  readonly timeout?: number;
  readonly mapMark: boolean;
  readonly mapPriority: boolean;
  readonly mapQueue: boolean;
}

/** TOS: new = (old & ~mask) ^ value. */
export interface TosTarget {
  readonly kind: "TOS";
  readonly value: number;
  readonly mask: number;
}

export interface DscpTarget {
  readonly kind: "DSCP";
  readonly value: number;
}

export interface TtlTarget {
  readonly kind: "TTL" | "HL";
  readonly mode: "set" | "inc" | "dec";
  readonly value: number;
}

export interface TcpmssTarget {
  readonly kind: "TCPMSS";
  /** undefined: clamp to the path's MTU. */
  readonly mss?: number;
}

export interface TcpoptstripTarget {
  readonly kind: "TCPOPTSTRIP";
  readonly options: readonly number[];
}

export interface TproxyTarget {
  readonly kind: "TPROXY";
  readonly port: number;
  /** All zeros: the packet's own destination. */
  readonly address: Address;
  readonly mark: number;
  readonly markMask: number;
}

export interface NflogTarget {
  readonly kind: "NFLOG";
  readonly group: number;
  readonly prefix: string;
  readonly range?: number;
  readonly size?: number;
  readonly threshold: number;
}

export interface NfqueueTarget {
  readonly kind: "NFQUEUE";
  readonly from: number;
  readonly to: number;
  readonly bypass: boolean;
  readonly cpuFanout: boolean;
}

export interface ClassifyTarget {
  readonly kind: "CLASSIFY";
  readonly major: number;
  readonly minor: number;
}

export interface TeeTarget {
  readonly kind: "TEE";
  readonly gateway: Address;
  readonly interface?: string;
}

/** Targets without any option that matters: TRACE, CHECKSUM --checksum-fill, ECN --ecn-tcp-remove. */
export interface PlainTarget {
  readonly kind: "TRACE" | "CHECKSUM" | "ECN";
}

/** HMARK: ports are pairs of 16 bits, the source's above. */
export interface HmarkTarget {
  readonly kind: "HMARK";
  readonly sourcePrefix: number;
  readonly destinationPrefix: number;
  readonly portMask: number;
  readonly portSet: number;
  readonly protocolMask: number;
  readonly seed: number;
  readonly modulus: number;
  readonly offset: number;
  /** `--hmark-tuple ct`. */
  readonly useConnection: boolean;
  /** The words of the rule, for printing. */
  readonly text: string;
}

/** Targets that tell somebody, and do nothing to the packet. */
export interface NoticeTarget {
  readonly kind: "AUDIT" | "IDLETIMER" | "LED" | "SECMARK" | "CONNSECMARK";
  readonly text: string;
}

/** IPv6 prefix translation: of the source (SNPT) or the destination (DNPT). Prefixes have up to 64 bits. */
export interface NptTarget {
  readonly kind: "SNPT" | "DNPT";
  readonly from: Prefix;
  readonly to: Prefix;
}

/** Counts for a rate estimator that all rules of its name share. */
export interface RateestTarget {
  readonly kind: "RATEEST";
  readonly name: string;
  /** It is brought up to date every 250 ms << `intervalLog`; the newest interval weighs 1 / 2^`weightLog`. */
  readonly intervalLog: number;
  readonly weightLog: number;
}

export interface ClusteripTarget {
  readonly kind: "CLUSTERIP";
  readonly hashMode: "sourceip" | "sourceip-sourceport" | "sourceip-sourceport-destport";
  readonly mac: Uint8Array;
  readonly totalNodes: number;
  /** This node's number, from 1. */
  readonly localNode: number;
  readonly seed: number;
}

/** hookwalk's own extension for the published `-j IPVS`; Linux has no such target. */
export interface IpvsTarget {
  readonly kind: "IPVS";
}

/** A target that is kept word by word: loaded and printed, but not compiled. Refused at load unless ignored. */
export interface VerbatimTarget {
  readonly kind: "verbatim";
  readonly name: string;
  readonly text: string;
}

export type Target =
  | VerdictTarget
  | JumpTarget
  | RejectTarget
  | MarkTarget
  | ConnmarkTarget
  | NatTarget
  | MasqueradeTarget
  | NetmapTarget
  | NotrackTarget
  | CtTarget
  | LogTarget
  | SetTarget
  | TosTarget
  | DscpTarget
  | TtlTarget
  | TcpmssTarget
  | TcpoptstripTarget
  | TproxyTarget
  | NflogTarget
  | NfqueueTarget
  | ClassifyTarget
  | TeeTarget
  | PlainTarget
  | HmarkTarget
  | NoticeTarget
  | NptTarget
  | RateestTarget
  | ClusteripTarget
  | IpvsTarget
  | VerbatimTarget;
