import type { CapturePacket } from "../capture/index.ts";
import { LinkHeader, readLink } from "../capture/index.ts";
import type { RuleName } from "../compile/ruleset.ts";
import { isSame } from "../config/address.ts";
import type { InputPacket } from "../engine/chunk.ts";
import type { FlowEnd } from "../engine/conversations.ts";
import { TCP_ACK, TCP_SYN } from "../engine/flow-fields.ts";
import { copied, destinationOf, endsKey, fragmentKey, sourceOf, ttlOf } from "./ends.ts";
import type { Lots } from "./lots.ts";
import type { PacketKeys } from "./packet-keys.ts";

/** A packet leaves within this time, so far as the capture is looked at ahead. */
export const AHEAD_NS = 100e6;
const TWO_TO_32 = 2 ** 32;

/** A packet to a server that may be drawn, as the capture shows it. */
interface ToServer {
  readonly server: FlowEnd;
  readonly ttl: number;
  readonly timeNs: number;
}

type Timed = Pick<InputPacket, "timeHigh" | "timeLow">;

/** Servers that the kernel drew (`statistic random`), as what left shows: here the same are drawn. */
export class Draws {
  readonly #lots: Lots;
  readonly #link = new LinkHeader();
  /** By content, in order of time. */
  readonly #toServers = new Map<string, ToServer[]>();
  /** The servers of connections, by the ends that the client has. */
  readonly #drawn = new Map<string, FlowEnd>();
  /** Those of datagrams that come in fragments. */
  readonly #datagrams = new Map<string, FlowEnd>();
  #isAimed = false;
  #base: number | undefined;
  /** Connections whose server was drawn as the capture shows. */
  connections = 0;

  constructor(lots: Lots) {
    this.#lots = lots;
  }

  /** A packet of the capture, seen ahead of time. */
  see(packet: CapturePacket, keysOf: (bytes: Uint8Array) => PacketKeys | undefined): void {
    const link = this.#link;
    if (!readLink(packet, link)) return;
    const bytes = packet.bytes.subarray(link.macLength, packet.length - link.tailLength);
    const keys = keysOf(bytes);
    if (!keys?.fields.hasPorts) return;
    const server = destinationOf(keys.fields);
    if (!this.#lots.isServer(server)) return;
    const timeNs = this.#timeOf(packet);
    const seen = { server: copied(server), ttl: ttlOf(bytes), timeNs };
    const list = this.#toServers.get(keys.content);
    if (list) list.push(seen);
    else this.#toServers.set(keys.content, [seen]);
    this.#forgetBefore(timeNs - 2 * AHEAD_NS);
  }

  /** The packet goes in next: what was drawn for it in the capture is drawn here. */
  aim(input: InputPacket, { fields, content }: PacketKeys): void {
    if (this.#lots.isEmpty) return;
    const datagram = fragmentKey(input.bytes.subarray(input.macLength), fields);
    const drawn = fields.hasPorts ? this.#serverOf(input, fields, content) : undefined;
    if (drawn) this.connections++;
    // The last fragment is the one that lets the datagram go on.
    const server = drawn ?? this.#datagrams.get(datagram ?? "");
    if (!server) {
      this.release();
      return;
    }
    if (datagram !== undefined) this.#datagrams.set(datagram, server);
    this.#lots.aim(server);
    this.#isAimed = true;
  }

  /** Did these rules draw a server for a connection, and what left does not show which? */
  isUnshown(rules: readonly RuleName[], ends: string): boolean {
    if (this.#drawn.has(ends)) return false;
    return rules.some(({ table, chain }) => table === "nat" && this.#lots.chains.has(chain));
  }

  /** Can rules draw a server? */
  get arePossible(): boolean {
    return !this.#lots.isEmpty;
  }

  /** Chance decides again. */
  release(): void {
    if (this.#isAimed) this.#lots.aim(undefined);
    this.#isAimed = false;
  }

  /** The server that a packet was sent on to, where it begins a connection. */
  #serverOf(input: InputPacket, fields: PacketKeys["fields"], content: string): FlowEnd | undefined {
    const to = destinationOf(fields);
    const timeNs = this.#timeOf(input);
    const ttl = ttlOf(input.bytes.subarray(input.macLength));
    const sent = this.#toServers.get(content)?.find((seen) => {
      const isForwarded = seen.ttl === ttl - (input.device === 0 ? 0 : 1);
      return isForwarded && seen.timeNs >= timeNs && seen.timeNs <= timeNs + AHEAD_NS && !isEnd(seen.server, to);
    });
    if (!sent) return undefined;
    const ends = endsKey(sourceOf(fields), to);
    const known = this.#drawn.get(ends);
    const isSyn = ((fields.tcp?.flags ?? 0) & (TCP_SYN | TCP_ACK)) === TCP_SYN;
    if (known && isEnd(known, sent.server) && !isSyn) return undefined;
    this.#drawn.set(ends, sent.server);
    return sent.server;
  }

  #forgetBefore(timeNs: number): void {
    for (const [content, list] of this.#toServers) {
      if (list.at(-1)!.timeNs >= timeNs) break;
      this.#toServers.delete(content);
    }
  }

  #timeOf({ timeHigh, timeLow }: Timed): number {
    this.#base ??= timeHigh;
    return (timeHigh - this.#base) * TWO_TO_32 + timeLow;
  }
}

function isEnd(a: FlowEnd, b: FlowEnd): boolean {
  return a.port === b.port && isSame(a.address, b.address);
}
