import { Fate } from "../../assembly/abi/fate.ts";
import { Origin } from "../../assembly/abi/netfilter.ts";
import { printEndpoint } from "../config/ipvs/address.ts";
import { LOCAL_INTERFACE } from "../engine/arrivals.ts";
import type { InputPacket } from "../engine/chunk.ts";
import type { FlowEnd } from "../engine/conversations.ts";
import type { Emulator } from "../engine/emulator.ts";
import { type FlowFields, readFlowFields, TCP_RST } from "../engine/flow-fields.ts";
import type { Ending, OutputFrame, OutputSink } from "../engine/outputs.ts";

/** How a packet of the capture ended on one node. */
export interface Outcome {
  readonly path: number;
  /** A `Fate`, a `Reason`. */
  readonly fate: number;
  readonly reason: number;
  /** Look-ups in IPVS' hash tables. */
  readonly lookups: number;
  /** The packet as it left, or as it was delivered; undefined when nothing of it did. */
  readonly carried?: Carried;
  /** What the node's kernel sent back to who sent it: `ICMP port unreachable`, `TCP reset`. */
  readonly answer?: string;
}

export interface Carried {
  readonly source: string;
  readonly destination: string;
  readonly sourceAddress: string;
  readonly destinationAddress: string;
  /** Interface, or `local`. */
  readonly interface: string;
}

/** A packet of the capture before it goes in. */
export interface Asked {
  readonly number: number;
  readonly protocol: number;
  readonly source: string;
  readonly destination: string;
  readonly sourceAddress: string;
  readonly destinationAddress: string;
  /** An ICMP message about another packet. */
  readonly isMessage: boolean;
  /** The node itself sends it. */
  readonly isLocal: boolean;
}

/** `10.0.0.9:40000`, or the address alone where there is no port. */
export function endText({ address, port }: FlowEnd, hasPorts = true): string {
  return hasPorts ? printEndpoint(address, port) : addressText(address);
}

export function addressText(address: Uint8Array): string {
  return printEndpoint(address, 0).replace(/^\[|\]?:0$/g, "");
}

export function askedOf({ number, device }: InputPacket, fields: FlowFields): Asked {
  const { protocol, isIcmpMessage } = fields;
  return { number, protocol, isMessage: isIcmpMessage, isLocal: device === 0, ...endsOf(fields) };
}

function endsOf(fields: FlowFields) {
  const { source, destination, sourcePort, destinationPort, hasPorts, protocol } = fields;
  const isPorts = hasPorts && protocol !== ICMP && protocol !== ICMPV6;
  return {
    source: endText({ address: source, port: sourcePort }, isPorts),
    destination: endText({ address: destination, port: destinationPort }, isPorts),
    sourceAddress: addressText(source),
    destinationAddress: addressText(destination),
  };
}

interface Gathered {
  ending?: Ending;
  carried?: Carried;
  answer?: string;
}

/** Gathers how packets ended; each outcome is there once its batch has run. */
export class Outcomes implements OutputSink {
  readonly #emulator: Emulator;
  readonly #asked = new Map<number, Asked>();
  readonly #gathered = new Map<number, Gathered>();

  constructor(emulator: Emulator) {
    this.#emulator = emulator;
  }

  expect(asked: Asked): void {
    this.#asked.set(asked.number, asked);
  }

  frame({ number, device, bytes }: OutputFrame): void {
    const asked = this.#asked.get(number);
    if (!asked) return;
    const { loaded, node } = this.#emulator;
    const type = node.interfaces[device - 1]?.linkType;
    const packet = bytes.subarray(type === "ether" || type === "loopback" ? ETHERNET_BYTES : 0);
    const fields = readFlowFields(packet);
    if (!fields) return;
    const gathered = this.#of(number);
    const answer = answerWords(packet, fields, asked);
    if (answer !== undefined) gathered.answer ??= answer;
    else gathered.carried ??= { ...endsOf(fields), interface: loaded.devices.names[device] || LOCAL_INTERFACE };
  }

  ending(ending: Ending): void {
    if (ending.origin !== Origin.Kernel && this.#asked.has(ending.number)) this.#of(ending.number).ending = ending;
  }

  /** The outcome of a packet, once; undefined when it did not go in. */
  take(number: number): Outcome | undefined {
    const gathered = this.#gathered.get(number);
    this.#asked.delete(number);
    this.#gathered.delete(number);
    if (!gathered?.ending) return undefined;
    const { path, fate, reason, lookups } = gathered.ending;
    const isCarried = fate === Fate.Sent || fate === Fate.Delivered;
    const carried = isCarried ? gathered.carried : undefined;
    return { path, fate, reason, lookups, carried, answer: gathered.answer };
  }

  #of(number: number): Gathered {
    let gathered = this.#gathered.get(number);
    if (!gathered) {
      gathered = {};
      this.#gathered.set(number, gathered);
    }
    return gathered;
  }
}

const ETHERNET_BYTES = 14;
const ICMP = 1;
const ICMPV6 = 58;
const UNREACHABLE = ["network", "host", "protocol", "port"];
const UNREACHABLE6 = [
  "no route",
  "administratively prohibited",
  "beyond scope",
  "address unreachable",
  "port unreachable",
];

/** What the node sends back instead of carrying the packet on; undefined when a frame is the packet itself. */
function answerWords(packet: Uint8Array, fields: FlowFields, asked: Asked): string | undefined {
  if (addressText(fields.destination) !== asked.sourceAddress) return undefined;
  if (fields.isIcmpMessage && !asked.isMessage)
    return icmpWords(fields.protocol, packet[fields.transport]!, packet[fields.transport + 1]!);
  const isReset = fields.tcp !== undefined && (fields.tcp.flags & TCP_RST) !== 0;
  return isReset && addressText(fields.source) === asked.destinationAddress ? "TCP reset" : undefined;
}

function icmpWords(protocol: number, type: number, code: number): string {
  if (protocol === ICMP && type === 3) {
    if (code === 4) return "ICMP fragmentation needed";
    return `ICMP ${UNREACHABLE[code] ? `${UNREACHABLE[code]} unreachable` : `prohibited (code ${code})`}`;
  }
  if (protocol === ICMP && type === 11) return "ICMP time exceeded";
  if (protocol === ICMP && type === 5) return "ICMP redirect";
  if (protocol === ICMPV6 && type === 1) return `ICMPv6 ${UNREACHABLE6[code] ?? `unreachable (code ${code})`}`;
  if (protocol === ICMPV6 && type === 2) return "ICMPv6 packet too big";
  if (protocol === ICMPV6 && type === 3) return "ICMPv6 time exceeded";
  return `${protocol === ICMP ? "ICMP" : "ICMPv6"} type ${type} code ${code}`;
}
