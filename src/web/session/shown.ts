import type { Both, Comparison, Explanation, RepliesMode, Report, ServiceCosts, Verdict } from "../../index.ts";

/** Modes of kube-proxy whose nodes can be replayed. */
export const PAGE_MODES = ["iptables", "ipvs"] as const;
export type PageMode = (typeof PAGE_MODES)[number];
/** Where replies of the capture come from, as people read it. */
export const REPLY_WORDS: Readonly<Record<RepliesMode, string>> = {
  capture: "as captured",
  retarget: "from the servers that this run chooses",
  none: "left out",
};
export const MODE_WORDS: Readonly<Record<PageMode, string>> = { iptables: "iptables", ipvs: "IPVS" };

/** How what was dropped is opened. */
export interface OpenOptions {
  /** kube-proxy's mode, for Kubernetes objects. Default: the configuration's, else iptables. */
  readonly mode?: PageMode;
  /** Name of the Node object that the packets go through. Default: the first. */
  readonly nodeName?: string;
  /** Leave out what is not emulated, and list it. Default: the node is refused. */
  readonly leaveOut?: boolean;
  /** Where replies come from. Default: as captured; for a node made of Kubernetes objects, from the servers that are chosen. */
  readonly replies?: RepliesMode;
}

/** How a node was made of Kubernetes objects. */
export interface ClusterChoice {
  readonly mode: PageMode;
  /** Names of the Node objects. */
  readonly nodes: readonly string[];
  readonly node?: string;
}

/** What the page knows of an opened node and capture. Everything here crosses from the worker as plain data. */
export interface Opened {
  readonly title: string;
  readonly report: Report;
  readonly records: number;
  /** Seconds from the first packet to the last. */
  readonly seconds: number;
  /** Milliseconds that the replay took. */
  readonly tookMs: number;
  readonly devices: readonly string[];
  /** Files of the node that are text, by name: what can be read and edited. */
  readonly files: readonly (readonly [name: string, text: string])[];
  readonly cluster?: ClusterChoice;
  readonly replies: RepliesMode;
  readonly interrupted: boolean;
  readonly damage?: string;
}

/** How far a run is: records, and the share of the capture's bytes, of 1. */
export interface Progress {
  readonly records: number;
  readonly share: number;
}

/** A line of the packet list. */
export interface PacketLine {
  readonly number: number;
  /** Seconds since the first packet. */
  readonly time: number;
  readonly interface: string;
  readonly protocol: string;
  readonly source: string;
  readonly destination: string;
  readonly info: string;
  /** undefined: no input of the node. */
  readonly fate?: Verdict["fate"];
  readonly out?: string;
  readonly reason?: string;
  /** The fate of the run before, where an edit changed it. */
  readonly before?: string;
}

/** A packet's explanation, and what of the node it names. */
export interface PacketDetail {
  readonly explanation?: Explanation;
  readonly verdict?: Verdict;
  readonly made: readonly Verdict[];
  readonly words: readonly string[];
  /** Counters of the rules that it met, after it, by the places of its steps: `[12:720]`. */
  readonly counters: Readonly<Record<string, string>>;
  /** Connections of the table after the packet whose addresses are the packet's own. */
  readonly connections: readonly string[];
  /** The same of IPVS. */
  readonly ipvsConnections: readonly string[];
  /** A filter that chooses both directions of its flow; undefined for what is not IP. */
  readonly flow?: string;
}

/** The node's tables at a moment, as its tools print them. */
export interface TablesAt {
  /** The packet after which they are. */
  readonly packet: number;
  readonly tables: readonly (readonly [name: string, text: string])[];
}

/** A packet whose fate an edit changed. */
export interface Changed {
  readonly count: number;
  readonly first?: number;
}

/** What a bench run in this browser found. */
export interface BenchResult {
  readonly name: string;
  readonly packets: number;
  /** Milliseconds of each repetition. */
  readonly tookMs: readonly number[];
}

/** The open capture through a second node. */
export interface ShownComparison {
  /** Without the conversations one by one, which may be many. */
  readonly comparison: Omit<Comparison, "flows">;
  /** What new connections to the services of each node cost. */
  readonly costs: Both<ServiceCosts>;
}
