import { PROTO_ICMP, PROTO_ICMPV6, PROTO_TCP, PROTO_UDP } from "../../assembly/abi/protocol.ts";
import { formatAddress } from "../config/address.ts";
import type { Core } from "../core/core.ts";
import { OpenFlowLayout } from "../core/layout.generated.ts";
import { type Field, getNumber } from "../core/record.ts";
import type { Node } from "../model/node.ts";

/** A connection that was open before its first packet here. */
export interface OpenFlow {
  /** `tcp`, `udp`, `icmp`, `icmpv6`. */
  readonly protocol: string;
  /** As the packet had them: `10.0.0.9:80`, `[fd00::1]:80`; for ICMP without port. */
  readonly source: string;
  readonly destination: string;
  /** Packets that showed it: with tcp_loose the first one only, as conntrack then takes the connection up. */
  readonly packets: number;
  /** Number of the first packet. */
  readonly example: number;
}

/** Connections that were open when the capture began, as far as it shows: TCP in the middle, answers nobody asked for. */
export interface OpenFlows {
  /** At least so many; beyond 1,024 they are not told apart. */
  readonly connections: number;
  readonly packets: number;
  /** The ones with most packets. */
  readonly top: readonly OpenFlow[];
}

const TOP = 5;
const NAMES: ReadonlyMap<number, string> = new Map([
  [PROTO_TCP, "tcp"],
  [PROTO_UDP, "udp"],
  [PROTO_ICMP, "icmp"],
  [PROTO_ICMPV6, "icmpv6"],
]);

/** @returns undefined when there are none. */
export function openFlows(core: Core): OpenFlows | undefined {
  const packets = core.openFlowPackets();
  if (packets === 0) return undefined;
  const flows = Array.from({ length: core.openFlowCount() }, (_, i) => readFlow(core, core.openFlow(i)));
  const top = flows.sort((a, b) => b.packets - a.packets || a.example - b.example).slice(0, TOP);
  return { connections: flows.length, packets, top };
}

/** What the report's warning says. */
export function openFlowsText({ connections, packets, top }: OpenFlows, node: Node): string {
  const most = top.map(
    ({ protocol, source, destination, example }) => `${protocol} ${source} > ${destination} (packet ${example})`,
  );
  const advice =
    node.connections === undefined
      ? "bring the node's table (`conntrack -L -o extended > conntrack.txt`) and their NAT and state are known"
      : "the table that was brought does not have them";
  const named = connections > top.length ? `, among them ${most.join(", ")}` : `: ${most.join(", ")}`;
  return `${count(packets, "packet")} of ${count(connections, "connection")} that had been open before${named}; ${advice}`;
}

function count(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? "" : "s"}`;
}

function readFlow(core: Core, at: number): OpenFlow {
  const view = new DataView(core.memory.buffer);
  const layout = OpenFlowLayout;
  const isIpv6 = getNumber(view, at, layout.family) === 6;
  const protocol = getNumber(view, at, layout.protocol);
  const hasPorts = protocol === PROTO_TCP || protocol === PROTO_UDP;
  const end = (field: Field, port: number) => {
    const address = formatAddress(new Uint8Array(core.memory.buffer, at + field.offset, isIpv6 ? 16 : 4));
    if (!hasPorts) return address;
    return `${isIpv6 ? `[${address}]` : address}:${view.getUint16(at + layout.ports.offset + port)}`;
  };
  return {
    protocol: NAMES.get(protocol) ?? String(protocol),
    source: end(layout.source0, 0),
    destination: end(layout.destination0, 2),
    packets: getNumber(view, at, layout.packets),
    example: getNumber(view, at, layout.firstPacket),
  };
}
