import { type FlowFields, TCP_ACK, TCP_SYN } from "./flow-fields.ts";

/** An address and a port, or the identifier of an echo. */
export interface FlowEnd {
  readonly address: Uint8Array;
  readonly port: number;
}

/** A conversation as its client sees it: who asks, and whom it asks (a service's address, or a server's own). */
export interface Conversation {
  /** Number in the order in which conversations began, from 1. */
  readonly id: number;
  readonly family: 4 | 6;
  readonly protocol: number;
  readonly client: FlowEnd;
  readonly service: FlowEnd;
  /** Number of the first packet in the capture. */
  readonly first: number;
}

/** A packet's place in its conversation. */
export interface Place {
  readonly conversation: Conversation;
  /** Does it come from the side that was asked? */
  readonly isReply: boolean;
}

/** Conversations of one client, or one client port, that a reply is looked for among. */
const MOST_CANDIDATES = 64;

/** What is known of a conversation while its packets are read. */
interface Known extends Conversation {
  /** TCP: the client's first sequence number, and the one behind all that it sent. */
  readonly firstSequence: number;
  nextSequence: number;
  /** Has the capture shown who answers? */
  hasServer: boolean;
}

/**
 * Tells which packets of a capture belong together, although the addresses of a translated conversation differ on its two
 * sides. Replies are those of a conversation's own addresses turned round, or those to the client's address and port; behind
 * masquerading, where the address is the node's, those to the client's port, or (TCP) those that acknowledge what the client
 * sent. Decided by the packets alone, so that two runs of a capture see the same conversations.
 */
export class Conversations {
  readonly #isNodeAddress: (address: Uint8Array) => boolean;
  #count = 0;
  /** By addresses and ports as the client sends them. */
  readonly #requests = new Map<string, Known>();
  /** By addresses and ports as the servers of the capture send them. */
  readonly #replies = new Map<string, Known>();
  /** Newest last. */
  readonly #byClient = new Map<string, Known[]>();
  readonly #byClientPort = new Map<string, Known[]>();
  /** TCP: by the acknowledgement of a client's SYN. */
  readonly #bySyn = new Map<number, Known[]>();

  /** @param isNodeAddress tells addresses that masquerading may put in a client's place. */
  constructor(isNodeAddress: (address: Uint8Array) => boolean) {
    this.#isNodeAddress = isNodeAddress;
  }

  /** The place of a packet that came in; the first of its kind begins a conversation. */
  placeOf(fields: FlowFields, number: number): Place {
    const known = this.#requests.get(key(fields));
    if (known && !begins(fields, known)) {
      noteSequence(fields, known);
      return { conversation: known, isReply: false };
    }
    const answered = isOpening(fields) ? undefined : this.#answered(fields);
    if (answered) return { conversation: answered, isReply: true };
    return { conversation: this.#begin(fields, number), isReply: false };
  }

  /** The conversation that the node answers with a packet of its own, seen where it leaves towards the client. */
  answeredByOwn(fields: FlowFields): { readonly conversation: Conversation; readonly hasServer: boolean } | undefined {
    const known = this.#requests.get(turnedKey(fields));
    return known && { conversation: known, hasServer: known.hasServer };
  }

  #answered(fields: FlowFields): Known | undefined {
    const turned = this.#requests.get(turnedKey(fields));
    const known = turned ?? this.#replies.get(key(fields));
    const found = known && acknowledges(fields, known) ? known : this.#search(fields);
    if (!found) return known;
    found.hasServer = true;
    this.#replies.set(key(fields), found);
    return found;
  }

  #search(fields: FlowFields): Known | undefined {
    if (!fields.hasPorts) return undefined;
    const { protocol, destination, destinationPort, tcp } = fields;
    const found = newest(this.#byClient.get(endKey(protocol, destination, destinationPort)), fields);
    if (found || !this.#isNodeAddress(destination)) return found;
    const ofPort = this.#byClientPort.get(`${protocol} ${destinationPort}`);
    const masqueraded = newest(
      ofPort?.filter(({ hasServer }) => !hasServer || tcp !== undefined),
      fields,
    );
    if (masqueraded) return masqueraded;
    const ofSyn = tcp && tcp.flags & TCP_SYN ? this.#bySyn.get(tcp.acknowledgement) : undefined;
    return ofSyn?.length === 1 ? ofSyn[0] : undefined;
  }

  #begin(fields: FlowFields, number: number): Known {
    const { family, protocol, tcp } = fields;
    const sequence = tcp?.sequence ?? 0;
    const known: Known = {
      id: ++this.#count,
      family,
      protocol,
      client: { address: fields.source.slice(), port: fields.sourcePort },
      service: { address: fields.destination.slice(), port: fields.destinationPort },
      first: number,
      firstSequence: sequence,
      nextSequence: (sequence + (tcp?.advance ?? 0)) >>> 0,
      hasServer: false,
    };
    this.#requests.set(key(fields), known);
    if (!fields.hasPorts) return known;
    add(this.#byClient, endKey(protocol, fields.source, fields.sourcePort), known);
    add(this.#byClientPort, `${protocol} ${fields.sourcePort}`, known);
    if (tcp && isOpening(fields)) add(this.#bySyn, (tcp.sequence + 1) >>> 0, known);
    return known;
  }
}

/** Does a SYN begin another conversation between the same ends? */
function begins({ tcp }: FlowFields, { firstSequence }: Known): boolean {
  return tcp !== undefined && (tcp.flags & (TCP_SYN | TCP_ACK)) === TCP_SYN && tcp.sequence !== firstSequence;
}

function isOpening({ tcp }: FlowFields): boolean {
  return tcp !== undefined && (tcp.flags & (TCP_SYN | TCP_ACK)) === TCP_SYN;
}

function noteSequence({ tcp }: FlowFields, known: Known): void {
  if (!tcp) return;
  const next = (tcp.sequence + tcp.advance) >>> 0;
  if ((next - known.nextSequence) >> 0 > 0) known.nextSequence = next;
}

/** Can the packet acknowledge what the client has sent? */
function acknowledges({ tcp }: FlowFields, { firstSequence, nextSequence }: Known): boolean {
  if (!tcp || !(tcp.flags & TCP_ACK)) return true;
  return (tcp.acknowledgement - firstSequence) >>> 0 <= (nextSequence - firstSequence) >>> 0;
}

/** The newest that the packet can answer; those whose server is not known yet go first. */
function newest(candidates: readonly Known[] | undefined, fields: FlowFields): Known | undefined {
  const possible = candidates?.filter((known) => acknowledges(fields, known));
  return possible?.findLast(({ hasServer }) => !hasServer) ?? possible?.at(-1);
}

function add<K>(map: Map<K, Known[]>, at: K, known: Known): void {
  const list = map.get(at);
  if (!list) map.set(at, [known]);
  else if (list.push(known) > MOST_CANDIDATES) list.shift();
}

function key({ protocol, source, sourcePort, destination, destinationPort }: FlowFields): string {
  return `${endKey(protocol, source, sourcePort)} ${endKey(protocol, destination, destinationPort)}`;
}

function turnedKey({ protocol, source, sourcePort, destination, destinationPort }: FlowFields): string {
  return `${endKey(protocol, destination, destinationPort)} ${endKey(protocol, source, sourcePort)}`;
}

function endKey(protocol: number, address: Uint8Array, port: number): string {
  return `${protocol} ${address.join(".")} ${port}`;
}
