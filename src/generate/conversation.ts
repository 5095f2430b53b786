import { ACK, FIN, ICMP, PSH, SYN, TCP } from "./frame.ts";

const ECHO_REPLY = 0;
const ECHO_REQUEST = 8;
const ECHO_REQUEST6 = 128;
const ECHO_REPLY6 = 129;

/** What one side of a conversation says next; the rest of the packet follows from who talks. */
export interface Turn {
  readonly fromClient: boolean;
  readonly flags: number;
  readonly sequence: number;
  readonly acknowledgement: number;
  readonly payloadBytes: number;
}

/**
 * A client and a server that talk: TCP with handshake, requests, answers that are acknowledged, and a close from the
 * client; UDP and echo with questions and answers. A packet at a time, in the order of the wire.
 */
export class Conversation {
  readonly family: 4 | 6;
  readonly protocol: number;
  readonly client: number;
  readonly clientPort: number;
  readonly server: number;
  readonly serverPort: number;
  readonly #exchanges: number;
  #step = 0;
  /** What was lost, and is said again. */
  #lost?: Turn;
  /** Next sequence numbers, of the client and the server. */
  #sequences: [client: number, server: number];

  /** @param ends where it goes on between. @param exchanges how many requests are answered. */
  constructor(
    ends: Pick<Conversation, "family" | "protocol" | "client" | "clientPort" | "server" | "serverPort">,
    exchanges: number,
    sequences: [client: number, server: number],
  ) {
    this.family = ends.family;
    this.protocol = ends.protocol;
    this.client = ends.client;
    this.clientPort = ends.clientPort;
    this.server = ends.server;
    this.serverPort = ends.serverPort;
    this.#exchanges = exchanges;
    this.#sequences = sequences;
  }

  /** @param payloadBytes of the packet, if it carries data. @returns undefined when all has been said. */
  next(payloadBytes: number): Turn | undefined {
    const again = this.#lost;
    this.#lost = undefined;
    if (again) return again;
    const step = this.#step++;
    if (this.protocol === TCP) return this.#nextTcp(step, payloadBytes);
    if (step >= 2 * this.#exchanges) return undefined;
    const sequence = (step >> 1) & 0xffff;
    return { fromClient: step % 2 === 0, flags: 0, sequence, acknowledgement: 0, payloadBytes };
  }

  /**
   * The packet is lost behind the node, and nobody hears it: its sender says it again, and goes on from there. An answer that is not
   * TCP's is just gone.
   */
  lose(turn: Turn): void {
    if (this.protocol === TCP || turn.fromClient) this.#lost = turn;
  }

  /** Type of an echo packet. */
  echoType({ fromClient }: Turn): number {
    if (this.family === 6) return fromClient ? ECHO_REQUEST6 : ECHO_REPLY6;
    return fromClient ? ECHO_REQUEST : ECHO_REPLY;
  }

  get isEcho(): boolean {
    return this.protocol === ICMP;
  }

  #nextTcp(step: number, payloadBytes: number): Turn | undefined {
    if (step === 0) return this.#say(true, SYN, 0);
    if (step === 1) return this.#say(false, SYN | ACK, 0);
    if (step === 2) return this.#say(true, ACK, 0);
    const said = step - 3;
    if (said < 3 * this.#exchanges) {
      if (said % 3 === 2) return this.#say(true, ACK, 0);
      return this.#say(said % 3 === 0, PSH | ACK, payloadBytes);
    }
    const closing = said - 3 * this.#exchanges;
    if (closing === 0) return this.#say(true, FIN | ACK, 0);
    if (closing === 1) return this.#say(false, FIN | ACK, 0);
    return closing === 2 ? this.#say(true, ACK, 0) : undefined;
  }

  #say(fromClient: boolean, flags: number, payloadBytes: number): Turn {
    const [own, other] = fromClient ? [0, 1] : [1, 0];
    const sequence = this.#sequences[own]!;
    const acknowledgement = flags & ACK ? this.#sequences[other]! : 0;
    const counted = payloadBytes + (flags & (SYN | FIN) ? 1 : 0);
    this.#sequences[own] = (sequence + counted) >>> 0;
    return { fromClient, flags, sequence, acknowledgement, payloadBytes };
  }
}
