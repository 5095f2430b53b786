import { isSame } from "../config/address.ts";
import type { InputPacket } from "../engine/chunk.ts";
import type { FlowEnd } from "../engine/conversations.ts";
import { type FlowFields, readFlowFields } from "../engine/flow-fields.ts";
import { readdress, readdressQuoted } from "../engine/readdress.ts";
import { copied, destinationOf, endsKey, fragmentKey, sourceOf } from "./ends.ts";
import { ICMP, ICMPV6, isIcmpError } from "./packet-keys.ts";

/** The ends of the packets that a peer sends back, here and in the capture. */
interface Ends {
  readonly from: FlowEnd;
  readonly to: FlowEnd;
}

const ICMP_BYTES = 8;

/** Source ports that masquerading chose by chance: the peers' packets are taken as if the kernel had chosen those chosen here. */
export class ChosenPorts {
  /** By the ends that the capture has. */
  readonly #ends = new Map<string, Ends>();
  /** Those of datagrams whose first fragment was changed. */
  readonly #fragments = new Map<string, Ends>();

  /** A packet left as `theirs`, and came out as `ours`. */
  note(theirs: FlowFields, ours: FlowFields): void {
    this.#ends.set(endsKey(destinationOf(theirs), sourceOf(theirs)), {
      from: copied(destinationOf(ours)),
      to: copied(sourceOf(ours)),
    });
  }

  /** The packet as the peer would have sent it, had the kernel chosen what was chosen here. */
  asChosenHere(input: InputPacket, fields: FlowFields): InputPacket {
    const bare = input.bytes.subarray(input.macLength);
    if (fields.isIcmpMessage) return this.#asQuotedHere(input, bare, fields);
    const datagram = fragmentKey(bare, fields);
    const ends = fields.hasPorts
      ? this.#ends.get(endsKey(sourceOf(fields), destinationOf(fields)))
      : this.#fragments.get(datagram ?? "");
    if (!ends) return input;
    if (datagram !== undefined) this.#fragments.set(datagram, ends);
    return withPacket(input, readdress(bare, fields, ends.from, ends.to));
  }

  /** An ICMP error as it comes out here, where it quotes a packet with such a port, in either direction. */
  errorAsHere(packet: Uint8Array, fields: FlowFields): Uint8Array | undefined {
    const quoted = isIcmpError(packet, fields)
      ? readFlowFields(packet.subarray(fields.transport + ICMP_BYTES))
      : undefined;
    if (!quoted?.hasPorts) return undefined;
    const toPort = this.#ends.get(endsKey(sourceOf(quoted), destinationOf(quoted)));
    if (toPort) return readdressQuoted(packet, fields, quoted, toPort.from, toPort.to);
    const fromPort = this.#ends.get(endsKey(destinationOf(quoted), sourceOf(quoted)));
    return fromPort && readdressQuoted(packet, fields, quoted, fromPort.to, fromPort.from);
  }

  #asQuotedHere(input: InputPacket, bare: Uint8Array, fields: FlowFields): InputPacket {
    const quoted = isIcmpError(bare, fields) ? readFlowFields(bare.subarray(fields.transport + ICMP_BYTES)) : undefined;
    const ends = quoted?.hasPorts ? this.#ends.get(endsKey(destinationOf(quoted), sourceOf(quoted))) : undefined;
    if (!quoted || !ends) return input;
    return withPacket(input, readdressQuoted(bare, fields, quoted, ends.to, ends.from));
  }
}

/** Is a packet that left the same as one that came out, but for the source port? Their contents are. */
export function isSameButPort(theirs: FlowFields, ours: FlowFields): boolean {
  // An echo has its identifier for both ports.
  if (!isEcho(theirs) && theirs.destinationPort !== ours.destinationPort) return false;
  return isSame(theirs.destination, ours.destination) && isSame(theirs.source, ours.source);
}

function withPacket(input: InputPacket, packet: Uint8Array): InputPacket {
  const bytes = input.bytes.slice();
  bytes.set(packet, input.macLength);
  return { ...input, bytes };
}

function isEcho({ hasPorts, protocol }: FlowFields): boolean {
  return hasPorts && (protocol === ICMP || protocol === ICMPV6);
}
