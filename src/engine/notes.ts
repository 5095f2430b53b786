import { EventKind, Unsupported } from "../../assembly/abi/trace.ts";
import type { OutputSink, TraceEvent } from "./outputs.ts";

const WORDS: Readonly<Record<number, string>> = {
  [Unsupported.MissingBytes]:
    "a match needed bytes that the capture did not keep (snaplen): undecidable, taken as no match",
  [Unsupported.Helper]:
    "a conntrack helper would have read bytes that the capture did not keep (snaplen): taken as nothing to see",
  [Unsupported.Neighbour]: "the next hop's MAC address is unknown (neigh.json): sent to 00:00:00:00:00:00",
  [Unsupported.Tunnel]: "left through a tunnel, and are shown as they enter it: what goes out is another packet",
  [Unsupported.GroupPorts]:
    "went to all ports of a bridge that reads who asks for which sources of a group (mcast_igmp_version 3, mcast_mld_version 2): Linux sends them only to ports that asked",
  [Unsupported.BondPort]: "left through a bond that chooses its port by what is not known: shown on the bond itself",
};

/** Counts what the core met and does not emulate, and what of the capture was odd. */
export class Notes implements OutputSink {
  readonly #counts = new Map<number, { packets: number; readonly first: number }>();

  event({ kind, subject, number }: TraceEvent): void {
    if (kind !== EventKind.Unsupported) return;
    const count = this.#counts.get(subject);
    if (count) count.packets++;
    else this.#counts.set(subject, { packets: 1, first: number });
  }

  /** A line for each kind of thing. */
  lines(): string[] {
    return [...this.#counts].map(
      ([what, { packets, first }]) => `${packets} x ${WORDS[what] ?? `not emulated (${what})`}; first packet ${first}`,
    );
  }
}
