import type { Negatable, Range } from "./address.ts";

/** Matches on the node and what it made of the packet: devices, routes, sockets, marks; and what is only kept. */

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

export interface RpfilterMatch {
  readonly kind: "rpfilter";
  readonly loose: boolean;
  readonly validmark: boolean;
  readonly acceptLocal: boolean;
  readonly invert: boolean;
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
