import type { CapturePacket } from "../capture/index.ts";
import type { Node } from "../model/node.ts";
import type { Arrivals } from "./arrivals.ts";
import type { InputPacket } from "./chunk.ts";
import { Conversations, type Place } from "./conversations.ts";
import type { Emulator } from "./emulator.ts";
import { type FlowFields, readFlowFields } from "./flow-fields.ts";
import { type RepliesMode, Retargeter } from "./replies.ts";

/**
 * Is told of an input packet and of the conversation that it belongs to.
 *
 * @param place undefined for what belongs to no conversation: later fragments, messages about other packets.
 */
export type ObserveInput = (input: InputPacket, fields: FlowFields, place: Place | undefined) => void;

/** Makes input of the records of a capture. */
export interface Feeder {
  /** Looks at packets before they are used. */
  learn?(packets: readonly CapturePacket[]): void;
  /** The packet as input, or undefined when it is none. */
  inputOf(packet: CapturePacket): InputPacket | undefined;
  /** The capture is over: feeds what it kept back. */
  finish?(): void;
  /** What to know about it at the end. */
  noteLines(): string[];
}

/** Tells requests from replies in a capture, and gives each side what the replies' mode says. */
export class Sides implements Feeder {
  readonly #arrivals: Arrivals;
  readonly #emulator: Emulator;
  readonly #mode: RepliesMode;
  readonly #onInput: ObserveInput | undefined;
  readonly #conversations: Conversations;
  readonly #retargeter: Retargeter;
  #leftOut = 0;

  constructor(arrivals: Arrivals, emulator: Emulator, mode: RepliesMode, onInput?: ObserveInput) {
    const isNodeAddress = nodeAddresses(emulator.node);
    this.#arrivals = arrivals;
    this.#emulator = emulator;
    this.#mode = mode;
    this.#onInput = onInput;
    this.#conversations = new Conversations(isNodeAddress);
    this.#retargeter = new Retargeter(emulator.node.interfaces, isNodeAddress);
    if (mode === "retarget") emulator.observe(this.#retargeter);
  }

  inputOf(packet: CapturePacket): InputPacket | undefined {
    const input = this.#arrivals.inputOf(packet);
    if (!input) return this.#mode === "retarget" ? this.#ownReply(packet) : undefined;
    const fields = fieldsOf(input);
    if (!fields) return input;
    const place = fields.hasPorts ? this.#conversations.placeOf(fields, input.number) : undefined;
    this.#onInput?.(input, fields, place);
    if (!place || this.#mode === "capture") return input;
    if (place.isReply) return this.#reply(input, fields, place);
    if (this.#mode === "retarget") this.#retargeter.request(input.number, place.conversation);
    return input;
  }

  noteLines(): string[] {
    const { retargeted, unchanged, withheld } = this.#retargeter;
    const counted: readonly (readonly [count: number, what: string])[] = [
      [retargeted, "replies come from the server that this run chose, not the one of the capture"],
      [unchanged, "replies come from the same server as in the capture"],
      [withheld, "replies are left out: in this run their client reaches no server that answers through the node"],
      [this.#leftOut, "replies are left out"],
    ];
    return counted.filter(([count]) => count > 0).map(([count, what]) => `${count} ${what}`);
  }

  #reply(input: InputPacket, fields: FlowFields, { conversation }: Place): InputPacket | undefined {
    if (this.#mode === "none") {
      this.#leftOut++;
      return undefined;
    }
    // What the client sent before decides who answers.
    this.#emulator.flush();
    return this.#retargeter.retarget(input, fields, conversation, false);
  }

  /** Where the capture shows the client's side only, the replies are in it as the node sent them on. */
  #ownReply(packet: CapturePacket): InputPacket | undefined {
    const own = this.#arrivals.ownFrame(packet);
    const fields = own && fieldsOf(own);
    if (!own || !fields?.hasPorts) return undefined;
    const answered = this.#conversations.answeredByOwn(fields);
    if (!answered || answered.hasServer) return undefined;
    this.#emulator.flush();
    const input = this.#retargeter.retarget(own, fields, answered.conversation, true);
    if (input) this.#arrivals.takeOwnFrame();
    return input;
  }
}

function fieldsOf({ bytes, macLength, wireLength }: InputPacket): FlowFields | undefined {
  return readFlowFields(bytes.subarray(macLength), wireLength - macLength);
}

function nodeAddresses({ interfaces }: Node): (address: Uint8Array) => boolean {
  const own = new Set(interfaces.flatMap(({ addresses }) => addresses.map(({ address }) => address.join("."))));
  return (address) => own.has(address.join("."));
}
