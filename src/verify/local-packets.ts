import { type CaptureSource, readCapture } from "../capture/index.ts";
import { Arrivals, LOCAL_INTERFACE } from "../engine/arrivals.ts";
import type { InputPacket } from "../engine/chunk.ts";
import { type FlowFields, PROTO_TCP, readFlowFields } from "../engine/flow-fields.ts";
import type { Node } from "../model/node.ts";
import { ttlOf } from "./ends.ts";
import { isIcmpError } from "./packet-keys.ts";

/** Numbers from here on are those of the capture of the node's own packets. */
const FIRST_LOCAL = 2 ** 31;
const TWO_TO_32 = 2 ** 32;
/** How late the time of a packet may be in the capture of the node's own packets: its reader stamps it when it gets its copy. */
const LATEST_NS = 1e9;
/** Of a packet without sequence numbers: bytes behind the ports, and of the data, by which it is known. */
const KNOWN_FROM = 8;
const KNOWN_BYTES = 8;

interface LocalPacket {
  readonly input: InputPacket;
  /** Nanoseconds after the first packet. */
  readonly timeNs: number;
}

export function isLocalNumber(number: number): boolean {
  return number >= FIRST_LOCAL;
}

/** Its number in the capture that it is of. */
export function capturedNumber(number: number): number {
  return isLocalNumber(number) ? number - FIRST_LOCAL : number;
}

export function numberWords(number: number): string {
  return `packet ${capturedNumber(number)}${isLocalNumber(number) ? " of the node's own" : ""}`;
}

/**
 * What the node itself sent, as a capture in OUTPUT has it (NFLOG), in step with the capture of its interfaces. Packets are
 * stamped there late, often behind the answer: what is seen leaving was sent when it left, and all before it no later.
 * ICMP errors are left out: the node has to make them by itself.
 */
export class LocalPackets {
  readonly #packets: readonly LocalPacket[];
  readonly #places = new Map<string, number[]>();
  readonly #base: number;
  #next = 0;

  /** @throws CaptureError, InterfaceError. */
  static async read(node: Node, capture: CaptureSource): Promise<LocalPackets> {
    const arrivals = new Arrivals(node, [{ to: LOCAL_INTERFACE }]);
    const inputs: InputPacket[] = [];
    for await (const packets of readCapture(capture)) {
      arrivals.learn(packets);
      for (const packet of packets) {
        const input = arrivals.inputOf(packet);
        const fields = input && readFlowFields(input.bytes.subarray(input.macLength));
        if (!input || !fields || isIcmpError(input.bytes.subarray(input.macLength), fields)) continue;
        inputs.push({ ...input, number: FIRST_LOCAL + input.number });
      }
    }
    return new LocalPackets(inputs);
  }

  private constructor(inputs: readonly InputPacket[]) {
    this.#base = inputs[0]?.timeHigh ?? 0;
    this.#packets = inputs.map((input) => ({ input, timeNs: this.#timeOf(input) }));
    for (const [i, { bytes, macLength }] of inputs.entries()) {
      const packet = bytes.subarray(macLength);
      const key = keyOf(packet, readFlowFields(packet)!);
      if (key !== undefined) this.#places.set(key, [...(this.#places.get(key) ?? []), i]);
    }
  }

  /** Those sent by a time. */
  *until(now: Pick<InputPacket, "timeHigh" | "timeLow">): Generator<InputPacket> {
    const timeNs = this.#timeOf(now);
    while (this.#next < this.#packets.length && this.#packets[this.#next]!.timeNs <= timeNs)
      yield this.#packets[this.#next++]!.input;
  }

  /** Those sent up to the one that left now, in order; nothing where none did. */
  upTo(packet: Uint8Array, fields: FlowFields, now: Pick<InputPacket, "timeHigh" | "timeLow">): InputPacket[] {
    const timeNs = this.#timeOf(now);
    const end = this.#places.get(keyOf(packet, fields) ?? "")?.find((place) => {
      const { timeNs: stamped } = this.#packets[place]!;
      return place >= this.#next && stamped >= timeNs && stamped <= timeNs + LATEST_NS;
    });
    if (end === undefined) return [];
    const { timeHigh, timeLow } = now;
    const sent = this.#packets.slice(this.#next, end + 1);
    this.#next = end + 1;
    return sent.map(({ input, timeNs: stamped }) => (stamped <= timeNs ? input : { ...input, timeHigh, timeLow }));
  }

  /** Those that are left at the end. */
  *rest(): Generator<InputPacket> {
    while (this.#next < this.#packets.length) yield this.#packets[this.#next++]!.input;
  }

  #timeOf({ timeHigh, timeLow }: Pick<InputPacket, "timeHigh" | "timeLow">): number {
    return (timeHigh - this.#base) * TWO_TO_32 + timeLow;
  }
}

/** What translation, segmentation and fragmentation leave of a packet's beginning. */
function keyOf(packet: Uint8Array, { family, protocol, transport, hasPorts, tcp }: FlowFields): string | undefined {
  if (!hasPorts) return undefined;
  const id = family === 4 ? `${packet[4]} ${packet[5]}` : "";
  const at = transport + KNOWN_FROM;
  const known =
    protocol === PROTO_TCP
      ? `${tcp?.sequence} ${tcp?.acknowledgement}`
      : packet.subarray(at, at + KNOWN_BYTES).join(" ");
  return `${family} ${protocol} ${ttlOf(packet)} ${id} ${known}`;
}
