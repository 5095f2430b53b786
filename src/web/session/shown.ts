import type { Explanation, ProxyMode, Report, Verdict } from "../../index.ts";

/** How what was dropped is opened. */
export interface OpenOptions {
  /** kube-proxy's mode, for Kubernetes objects. Default iptables. */
  readonly mode?: ProxyMode;
  /** Leave out what is not emulated, and list it. Default: the node is refused. */
  readonly leaveOut?: boolean;
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
  readonly interrupted: boolean;
  readonly damage?: string;
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
  readonly hooks: readonly string[];
  readonly family: 4 | 6;
  /** Connections of the table after the packet whose addresses are the packet's own. */
  readonly connections: readonly string[];
  /** The same of IPVS. */
  readonly ipvsConnections: readonly string[];
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
export interface Comparison {
  readonly titles: readonly [string, string];
  readonly fates: readonly [Fates, Fates];
  /** Packets by where they went: out by a device, to a server, dropped. */
  readonly ways: readonly { readonly way: string; readonly packets: readonly [number, number] }[];
  readonly differing: number;
  /** The first of those that differ. */
  readonly examples: readonly {
    readonly number: number;
    readonly fates: readonly [string, string];
    readonly words: readonly [readonly string[], readonly string[]];
  }[];
}

type Fates = Readonly<Record<string, number>>;
