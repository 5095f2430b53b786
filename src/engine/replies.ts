import { isSame } from "../config/address.ts";
import type { Interface } from "../model/node.ts";
import type { InputPacket } from "./chunk.ts";
import type { Conversation, FlowEnd } from "./conversations.ts";
import { type FlowFields, readFlowFields } from "./flow-fields.ts";
import type { Ending, OutputFrame, OutputSink } from "./outputs.ts";
import { readdress } from "./readdress.ts";

/**
 * What becomes of the replies in a capture when a node may choose other servers than the one it was taken on did.
 * `capture`: they go in as they are. `retarget`: they come from the server that this run chose. `none`: they are left out.
 */
export type RepliesMode = "capture" | "retarget" | "none";

/** Whom a client's packets reach in this run, and how they look there. */
interface Reached {
  readonly server: FlowEnd;
  /** The client as the server sees it. */
  readonly client: FlowEnd;
  /** Device through which they leave; 0: the node itself is the server. */
  readonly device: number;
  /** The link header of a reply. */
  readonly link: Uint8Array;
}

const ETHERNET_BYTES = 14;
const MAC_BYTES = 6;
const PROTO_ICMP = 1;
const PROTO_ICMPV6 = 58;
const MAX_TTL = 255;

/** Makes the replies of a capture into those that the servers chosen by this run would have sent. */
export class Retargeter implements OutputSink {
  readonly #interfaces: readonly Interface[];
  readonly #isNodeAddress: (address: Uint8Array) => boolean;
  readonly #reached = new Map<Conversation, Reached>();
  /** Requests under way, by their numbers. */
  readonly #requests = new Map<number, Conversation>();
  /** Replies that now come from another server, that went in unchanged, that nobody sends in this run. */
  retargeted = 0;
  unchanged = 0;
  withheld = 0;

  constructor(interfaces: readonly Interface[], isNodeAddress: (address: Uint8Array) => boolean) {
    this.#interfaces = interfaces;
    this.#isNodeAddress = isNodeAddress;
  }

  /** A packet of the client goes in: what leaves because of it shows whom it reaches. */
  request(number: number, conversation: Conversation): void {
    this.#requests.set(number, conversation);
  }

  frame({ number, device, bytes }: OutputFrame): void {
    const conversation = this.#requests.get(number);
    if (!conversation) return;
    const macLength = this.#macLength(device);
    const fields = readFlowFields(bytes.subarray(macLength));
    if (!fields?.hasPorts || fields.protocol !== conversation.protocol || isTo(fields, conversation.client)) return;
    this.#requests.delete(number);
    this.#reached.set(conversation, {
      server: { address: fields.destination.slice(), port: fields.destinationPort },
      client: { address: fields.source.slice(), port: fields.sourcePort },
      device,
      link: turnedLink(bytes.subarray(0, macLength)),
    });
  }

  ending({ number }: Ending): void {
    this.#requests.delete(number);
  }

  /**
   * @param reply as it came in, or (`isOwn`) as the node sent it on to the client.
   * @returns what goes in instead; undefined when no server of this run sends it.
   */
  retarget(
    reply: InputPacket,
    fields: FlowFields,
    conversation: Conversation,
    isOwn: boolean,
  ): InputPacket | undefined {
    const reached = this.#reached.get(conversation);
    if (!reached || !this.#passesHere(reached, conversation)) return this.#withhold();
    const { server, client, device, link } = reached;
    const isSame = isFrom(fields, server) && isTo(fields, client) && reply.device === device;
    if (!isOwn && (isSame || !fields.hasPorts)) {
      this.unchanged++;
      return reply;
    }
    const packet = readdress(reply.bytes.subarray(reply.macLength), fields, server, client);
    if (isOwn && device !== 0) undoHop(packet, fields.family);
    const bytes = new Uint8Array(link.length + packet.length);
    bytes.set(link);
    bytes.set(packet, link.length);
    this.retargeted++;
    const wireLength = reply.wireLength - reply.macLength + link.length;
    return { ...reply, device, bytes, macLength: link.length, wireLength, packetType: 0 };
  }

  /** Answers to pings are made by the kernel itself; behind a tunnel or direct routing the server answers past the node. */
  #passesHere({ server, device }: Reached, { protocol, family }: Conversation): boolean {
    if (server.address.length !== (family === 4 ? 4 : 16)) return false;
    if (device === 0) return protocol !== PROTO_ICMP && protocol !== PROTO_ICMPV6;
    return !this.#isNodeAddress(server.address);
  }

  #withhold(): undefined {
    this.withheld++;
    return undefined;
  }

  #macLength(device: number): number {
    const type = this.#interfaces[device - 1]?.linkType;
    return type === "ether" || type === "loopback" ? ETHERNET_BYTES : 0;
  }
}

/** The other end answers: its address becomes the source. */
function turnedLink(link: Uint8Array): Uint8Array {
  if (link.length !== ETHERNET_BYTES) return link.slice();
  const turned = link.slice();
  turned.set(link.subarray(MAC_BYTES, 2 * MAC_BYTES), 0);
  turned.set(link.subarray(0, MAC_BYTES), MAC_BYTES);
  return turned;
}

/** The node has forwarded the packet already: it came with one more left to live. */
function undoHop(packet: Uint8Array, family: 4 | 6): void {
  const at = family === 4 ? 8 : 7;
  if (packet[at]! === MAX_TTL) return;
  packet[at]! += 1;
  if (family === 6) return;
  // The TTL is the upper half of its word: the checksum falls by as much (RFC 1624, modulo 0xffff).
  const checksum = ((packet[10]! << 8) | packet[11]!) - 0x100;
  const wrapped = checksum < 0 ? checksum + 0xffff : checksum;
  packet[10] = wrapped >> 8;
  packet[11] = wrapped & 0xff;
}

function isFrom({ source, sourcePort }: FlowFields, end: FlowEnd): boolean {
  return sourcePort === end.port && isSame(source, end.address);
}

function isTo({ destination, destinationPort }: FlowFields, end: FlowEnd): boolean {
  return destinationPort === end.port && isSame(destination, end.address);
}
