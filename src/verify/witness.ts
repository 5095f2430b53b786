import type { CapturePacket } from "../capture/index.ts";
import { fateWords } from "../compare/difference.ts";
import { type Asked, askedOf, type Outcome, Outcomes } from "../compare/outcome.ts";
import { Ways } from "../compare/steps.ts";
import type { Arrivals } from "../engine/arrivals.ts";
import type { InputPacket } from "../engine/chunk.ts";
import type { FlowEnd } from "../engine/conversations.ts";
import type { Emulator } from "../engine/emulator.ts";
import { type FlowFields, readFlowFields } from "../engine/flow-fields.ts";
import type { OutputFrame, OutputSink } from "../engine/outputs.ts";
import { readdress, readdressQuoted } from "../engine/readdress.ts";
import type { Feeder } from "../engine/sides.ts";
import type { Interface } from "../model/node.ts";
import type { Rule } from "../model/ruleset.ts";
import { headerWords, readHeaders } from "../trace/headers.ts";
import { pathNames } from "../trace/path.ts";
import { Copies } from "./copies.ts";
import { type Comparing, isIcmpError, keysOf, type PacketKeys } from "./packet-keys.ts";
import type { Mismatch } from "./verification.ts";

/** A packet that came out of the emulation, or that the capture saw leaving. */
interface Left {
  readonly number: number;
  readonly interface: string;
  readonly packet: Uint8Array;
  readonly keys: PacketKeys;
}

interface Emulated extends Left {
  readonly device: number;
  readonly link: Uint8Array;
}

/** The ends of the packets that a peer sends back, here and in the capture. */
interface Ends {
  readonly from: FlowEnd;
  readonly to: FlowEnd;
  readonly device: number;
  readonly link: Uint8Array;
}

const ETHERNET_BYTES = 14;
const MAC_BYTES = 6;
/** Snap lengths below this cut packets. */
const WHOLE = 65_535;
/** TTL of packets that begin at the node; forwarded ones have less. */
const FRESH_TTL = 64;
const LO = "lo";
const ICMP_BYTES = 8;
/** Codes of "unreachable" that sockets answer with: no such protocol, no such port (ICMPv6: port). */
const UNSERVED: ReadonlySet<number> = new Set([2, 3, 4]);
const DRAWN = "the kernel drew another server for this connection (statistic random), and this follows from it";
const UNSENT_ERROR = "an ICMP error that the kernel did not send, perhaps by its rate limit, or that the capture lacks";
/** Inputs whose content is remembered, to find the cause of what left. */
const MOST_REMEMBERED = 20_000;

/**
 * Holds what comes out against what the capture saw leaving, packet by packet in order of time. What the kernel chose by chance
 * shows in what left: from then on, the peers' packets are taken as if it had chosen what was chosen here. What nothing caused,
 * and the node's own stack may have sent, goes in as its own at the time when it left.
 */
export class Witness implements Feeder, OutputSink {
  readonly #arrivals: Arrivals;
  readonly #emulator: Emulator;
  #comparing: Comparing;
  #hasLearned = false;
  /** Chains that draw the server of a connection. */
  readonly #lots: ReadonlySet<string>;
  readonly #copies: Copies;
  readonly #outcomes: Outcomes;
  readonly #ways: Ways;
  /** What came out and has not been seen leaving: by exact key with the interface, and by content. */
  readonly #waiting = new Map<string, Emulated[]>();
  readonly #byContent = new Map<string, Set<Emulated>>();
  /** What was seen leaving and has not come out. */
  readonly #missing = new Map<string, Left[]>();
  /** By the ends that the capture has. */
  readonly #chances = new Map<string, Ends>();
  /** Those of datagrams whose first fragment was changed. */
  readonly #fragments = new Map<string, Ends>();
  /** Ends of what was delivered to the node, by the ends that its answers have where they leave. */
  readonly #delivered = new Map<string, { readonly from: FlowEnd; readonly to: FlowEnd }>();
  /** Number of the last input with a content. */
  readonly #inputs = new Map<string, number>();
  /** What became of the last inputs. */
  readonly #fates = new Map<number, { readonly asked: Asked; readonly ends: string; readonly outcome?: Outcome }>();
  /** Inputs whose outcomes have not been taken. */
  readonly #asked = new Map<number, { readonly asked: Asked; readonly fields: FlowFields }>();
  readonly #ownContents = new Set<string>();
  /** Ends of the connections whose server a rule drew. */
  readonly #drawn = new Set<string>();
  readonly #onMatch: ((recorded: number, cause: number) => void) | undefined;
  inputs = 0;
  recorded = 0;
  exact = 0;
  chosenPort = 0;
  chosenServer = 0;
  own = 0;

  constructor(arrivals: Arrivals, emulator: Emulator, onMatch?: (recorded: number, cause: number) => void) {
    const { interfaces, offloads } = emulator.node;
    this.#arrivals = arrivals;
    this.#emulator = emulator;
    this.#comparing = { isCut: false, isOffloaded: offloads, isNodeAddress: addressesOf(interfaces) };
    this.#lots = chainsWithLots(emulator);
    this.#copies = new Copies(emulator.node.interfaces);
    this.#outcomes = new Outcomes(emulator);
    this.#ways = new Ways(emulator.core, pathNames(emulator.loaded));
    this.#onMatch = onMatch;
    emulator.observe(this.#outcomes);
    emulator.observe(this);
  }

  /** The next record of the capture: what came in goes in; what left is compared. */
  inputOf(packet: CapturePacket): InputPacket | undefined {
    const input = this.#arrivals.inputOf(packet);
    if (!input) return this.#look(packet);
    const bytes = input.bytes.subarray(input.macLength);
    const keys = keysOf(bytes, this.#comparing);
    if (!keys) return input;
    if (this.#copies.isCopy(input, keys.exact))
      return this.#arrivals.passOver("packets that were seen on the interface below");
    if (input.device === 0 && (isIcmpError(bytes, keys.fields) || this.#ownContents.has(keys.content))) {
      return this.#arrivals.passOver(
        "packets of the node itself that were seen leaving, or that it has to make by itself",
      );
    }
    this.inputs++;
    return this.#remember(this.#asChosenHere(input, keys.fields), keys);
  }

  get isCut(): boolean {
    return this.#comparing.isCut;
  }

  /** The first packets tell whether frames are cut. */
  learn(packets: readonly CapturePacket[]): void {
    if (this.#hasLearned) return;
    this.#hasLearned = true;
    const isCut = packets.some(({ length, wireLength, interface: { snapLength } }) => {
      return length < wireLength || (snapLength > 0 && snapLength < WHOLE);
    });
    this.#comparing = { ...this.#comparing, isCut };
  }

  frame({ number, device, bytes }: OutputFrame): void {
    const { node, loaded } = this.#emulator;
    const type = node.interfaces[device - 1]?.linkType;
    const macLength = type === "ether" || type === "loopback" ? ETHERNET_BYTES : 0;
    const packet = bytes.slice(macLength);
    if (device === 0) this.#noteDelivered(number, packet);
    if (device === 0) return;
    const name = loaded.devices.names[device]!;
    const keys = name === LO ? undefined : keysOf(packet, this.#comparing);
    if (!keys) return;
    const emulated = { number, interface: name, device, packet, keys, link: turned(bytes.subarray(0, macLength)) };
    const missing = this.#missing.get(placed(emulated))?.shift();
    if (missing) this.#matched(missing, emulated, "exact");
    else this.#wait(emulated);
  }

  #wait(emulated: Emulated): void {
    push(this.#waiting, placed(emulated), emulated);
    const { content } = emulated.keys;
    const alike = this.#byContent.get(content);
    if (alike) alike.add(emulated);
    else this.#byContent.set(content, new Set([emulated]));
  }

  noteLines(): string[] {
    const checksums = this.#comparing.isOffloaded
      ? ["checksums of TCP and UDP are not compared: where offloads are on, a card completes them after the capture"]
      : [];
    return [
      ...checksums,
      "only this node is emulated: what pods on other nodes, routers and clients did is taken from the capture",
    ];
  }

  /** What left and did not come out, each with the reason. */
  unexplained(): Mismatch[] {
    const left = [...this.#missing.values()].flat().sort((a, b) => a.number - b.number);
    return left.map((one) => ({ ...described(one), cause: this.#causeOf(one) }));
  }

  /** What came out and did not leave. */
  unexpected(): Mismatch[] {
    const extra = [...this.#waiting.values()].flat().sort((a, b) => a.number - b.number);
    return extra.map((one) => ({ ...described(one), cause: this.#causeOfExtra(one) }));
  }

  /** A record that is no input: did it leave the node? */
  #look(packet: CapturePacket): InputPacket | undefined {
    const own = this.#arrivals.ownFrame(packet);
    const bytes = own?.bytes.subarray(own.macLength);
    const keys = bytes && keysOf(bytes, this.#comparing);
    const name = own && this.#emulator.loaded.devices.names[own.device];
    if (!own || !bytes || !keys || !name || name === LO || this.#copies.hasPorts(own.device)) return undefined;
    this.recorded++;
    // What came in before has to have its say.
    this.#emulator.flush();
    this.#takeOutcomes();
    const left: Left = { number: own.number, interface: name, packet: bytes.slice(), keys };
    const emulated = this.#waiting.get(placed(left))?.[0];
    if (emulated) this.#matched(left, emulated, "exact");
    else if (!this.#matchesByChance(left)) return this.#ownPacket(own, left);
    return undefined;
  }

  #matched(left: Left, emulated: Emulated, how: "exact" | "port" | "server"): void {
    this.#forget(emulated);
    if (left.number === emulated.number) this.own++;
    else if (how === "exact") this.exact++;
    else if (how === "port") this.chosenPort++;
    else this.chosenServer++;
    this.#onMatch?.(left.number, emulated.number);
  }

  #forget(emulated: Emulated): void {
    const list = this.#waiting.get(placed(emulated));
    const at = list?.indexOf(emulated) ?? -1;
    if (list && at >= 0) list.splice(at, 1);
    if (list?.length === 0) this.#waiting.delete(placed(emulated));
    const alike = this.#byContent.get(emulated.keys.content);
    alike?.delete(emulated);
    if (alike?.size === 0) this.#byContent.delete(emulated.keys.content);
  }

  /** Is it the same but for a source port that masquerading chose, or for a server that a rule drew? */
  #matchesByChance(left: Left): boolean {
    for (const emulated of this.#byContent.get(left.keys.content) ?? []) {
      const [theirs, ours] = [left.keys.fields, emulated.keys.fields];
      const isSameTo = theirs.destinationPort === ours.destinationPort && isSame(theirs.destination, ours.destination);
      const isSameFrom = isSame(theirs.source, ours.source);
      if (ttlOf(left.packet) !== ttlOf(emulated.packet)) continue;
      const isPort = isSameTo && isSameFrom && left.interface === emulated.interface;
      if (!isPort && !(this.#lots.size > 0 && !isSameTo)) continue;
      this.#chances.set(endsKey(destinationOf(theirs), sourceOf(theirs)), {
        from: copied(destinationOf(ours)),
        to: copied(sourceOf(ours)),
        device: emulated.device,
        link: emulated.link,
      });
      this.#matched(left, emulated, isPort ? "port" : "server");
      return true;
    }
    return false;
  }

  /** The packet as the peer would have sent it, had the kernel chosen what was chosen here. */
  #asChosenHere(input: InputPacket, fields: FlowFields): InputPacket {
    const bare = input.bytes.subarray(input.macLength);
    if (fields.isIcmpMessage) return this.#asQuotedHere(input, bare, fields);
    const datagram = fragmentKey(bare, fields);
    const ends = fields.hasPorts
      ? this.#chances.get(endsKey(sourceOf(fields), destinationOf(fields)))
      : this.#fragments.get(datagram ?? "");
    if (!ends) return input;
    if (datagram !== undefined) this.#fragments.set(datagram, ends);
    return withPacket(input, readdress(bare, fields, ends.from, ends.to), ends);
  }

  #asQuotedHere(input: InputPacket, bare: Uint8Array, fields: FlowFields): InputPacket {
    const quoted = isIcmpError(bare, fields) ? readFlowFields(bare.subarray(fields.transport + ICMP_BYTES)) : undefined;
    const ends = quoted?.hasPorts ? this.#chances.get(endsKey(destinationOf(quoted), sourceOf(quoted))) : undefined;
    if (!quoted || !ends) return input;
    const packet = readdressQuoted(bare, fields, quoted, ends.to, ends.from);
    if (isSame(fields.source, quoted.destination)) return withPacket(input, packet, ends);
    return withPacket(input, packet, { device: input.device, link: input.bytes.slice(0, input.macLength) });
  }
  /** Sent by the node's own stack, or by nobody that is known: then it is missing. */
  #ownPacket(own: InputPacket, left: Left): InputPacket | undefined {
    const { fields } = left.keys;
    const isError = isIcmpError(left.packet, fields);
    const answered = fields.hasPorts
      ? this.#delivered.get(endsKey(sourceOf(fields), destinationOf(fields)))
      : undefined;
    const isOwn = answered !== undefined || this.#comparing.isNodeAddress(fields.source);
    if (!isOwn || ttlOf(left.packet) !== FRESH_TTL || (isError && !this.#isOwnError(left))) {
      push(this.#missing, placed(left), left);
      return undefined;
    }
    this.#ownContents.add(left.keys.content);
    const packet = answered ? readdress(left.packet, fields, answered.from, answered.to) : left.packet;
    // It has to come out as it was seen.
    push(this.#missing, placed(left), left);
    const wireLength = own.wireLength - own.macLength;
    return this.#remember({ ...own, device: 0, bytes: packet, macLength: 0, wireLength, packetType: 0 }, left.keys);
  }

  /** The node's sockets refuse what was delivered to a port that nobody has. */
  #isOwnError({ packet, keys: { fields } }: Left): boolean {
    const quoted = readFlowFields(packet.subarray(fields.transport + ICMP_BYTES));
    const isUnserved = UNSERVED.has(packet[fields.transport + 1]!);
    return isUnserved && !!quoted && this.#delivered.has(endsKey(destinationOf(quoted), sourceOf(quoted)));
  }

  #noteDelivered(number: number, packet: Uint8Array): void {
    const fields = readFlowFields(packet);
    const asked = this.#asked.get(number);
    if (!fields?.hasPorts || !asked) return;
    const { fields: before } = asked;
    this.#delivered.set(endsKey(destinationOf(before), sourceOf(before)), {
      from: copied(destinationOf(fields)),
      to: copied(sourceOf(fields)),
    });
  }

  #remember(input: InputPacket, keys: PacketKeys): InputPacket {
    const asked = askedOf(input, keys.fields);
    this.#outcomes.expect(asked);
    this.#asked.set(input.number, { asked, fields: keys.fields });
    if (this.#asked.size > MOST_REMEMBERED) {
      this.#emulator.flush();
      this.#takeOutcomes();
    }
    this.#inputs.delete(keys.content);
    this.#inputs.set(keys.content, input.number);
    if (this.#inputs.size > MOST_REMEMBERED) this.#inputs.delete(this.#inputs.keys().next().value!);
    return input;
  }

  #takeOutcomes(): void {
    for (const [number, { asked, fields }] of this.#asked) {
      const outcome = this.#outcomes.take(number);
      const ends = endsKey(sourceOf(fields), destinationOf(fields));
      this.#fates.set(number, { asked, ends, outcome });
      if (this.#lots.size > 0 && outcome && this.#ways.rules(outcome.path).some(({ chain }) => this.#lots.has(chain)))
        this.#drawn.add(ends);
      if (this.#fates.size > MOST_REMEMBERED) this.#fates.delete(this.#fates.keys().next().value!);
    }
    this.#asked.clear();
  }

  /** Is it a packet of a connection whose server was drawn, or an error about one, or caused by one? */
  #isOfDrawn(packet: Uint8Array, fields: FlowFields, cause: number | undefined): boolean {
    const quoted = isIcmpError(packet, fields)
      ? readFlowFields(packet.subarray(fields.transport + ICMP_BYTES))
      : undefined;
    const ends = [fields, quoted].flatMap((each) => {
      if (!each) return [];
      const [from, to] = [sourceOf(each), destinationOf(each)];
      return [endsKey(from, to), endsKey(to, from)];
    });
    const ofCause = cause === undefined ? undefined : this.#fates.get(cause)?.ends;
    return [...ends, ofCause ?? ""].some(
      (key) => this.#drawn.has(key) || (this.#lots.size > 0 && this.#chances.has(key)),
    );
  }

  #fateOf(number: number): string {
    this.#takeOutcomes();
    const fate = this.#fates.get(number);
    if (!fate?.outcome) return `packet ${number}, of which nothing more is known`;
    const { asked, outcome } = fate;
    return `packet ${number} is ${fateWords(asked, outcome)}: ${this.#ways.decision(outcome)}`;
  }

  #causeOf({ keys, packet }: Left): string {
    const number = this.#inputs.get(keys.content);
    if (this.#isOfDrawn(packet, keys.fields, number)) return DRAWN;
    if (number !== undefined) return this.#fateOf(number);
    if (isIcmpError(packet, keys.fields)) return "an ICMP error that the emulation did not make";
    return "no packet that came in has its content";
  }

  #causeOfExtra({ keys, packet, number }: Emulated): string {
    if (this.#isOfDrawn(packet, keys.fields, number)) return DRAWN;
    if (isIcmpError(packet, keys.fields)) return UNSENT_ERROR;
    return `${this.#fateOf(number)}; the capture does not show it leaving`;
  }
}

function addressesOf(interfaces: readonly Interface[]): (address: Uint8Array) => boolean {
  const own = new Set(interfaces.flatMap(({ addresses }) => addresses.map(({ address }) => address.join("."))));
  return (address) => own.has(address.join("."));
}

/** The packet in place of the one that came in, on the device and with the link header of its ends. */
function withPacket(
  input: InputPacket,
  packet: Uint8Array,
  { device, link }: Pick<Ends, "device" | "link">,
): InputPacket {
  const bytes = new Uint8Array(link.length + packet.length);
  bytes.set(link);
  bytes.set(packet, link.length);
  const wireLength = input.wireLength - input.macLength + link.length;
  return { ...input, device, bytes, macLength: link.length, wireLength, packetType: 0 };
}

function described({ number, interface: name, packet }: Left): Omit<Mismatch, "cause"> {
  const headers = readHeaders(packet);
  return { packet: number, interface: name, headers: headers ? headerWords(headers) : "" };
}

/** Chains of nat that draw by chance. */
function chainsWithLots({ node: { ruleset4, ruleset6 } }: Emulator): ReadonlySet<string> {
  const tables = [ruleset4, ruleset6].flatMap((ruleset) => ruleset?.tables.filter(({ name }) => name === "nat") ?? []);
  const drawing = tables.flatMap(({ chains }) => chains.filter(({ rules }) => rules.some(isDrawn)));
  return new Set(drawing.map(({ name }) => name));
}

function isDrawn({ matches }: Rule): boolean {
  return matches.some((match) => match.kind === "statistic" && match.mode === "random");
}

function placed({ interface: name, keys }: Left): string {
  return `${name} ${keys.exact}`;
}

function push<T>(map: Map<string, T[]>, key: string, value: T): void {
  const list = map.get(key);
  if (list) list.push(value);
  else map.set(key, [value]);
}

function sourceOf({ source, sourcePort }: FlowFields): FlowEnd {
  return { address: source, port: sourcePort };
}

function destinationOf({ destination, destinationPort }: FlowFields): FlowEnd {
  return { address: destination, port: destinationPort };
}

function copied({ address, port }: FlowEnd): FlowEnd {
  return { address: address.slice(), port };
}

function endsKey(from: FlowEnd, to: FlowEnd): string {
  return `${from.address.join(".")} ${from.port} ${to.address.join(".")} ${to.port}`;
}

/** Names the datagram that a packet is a fragment of; undefined for whole packets, and for IPv6. */
function fragmentKey(packet: Uint8Array, { family, source, destination, protocol }: FlowFields): string | undefined {
  if (family === 6 || (((packet[6]! << 8) | packet[7]!) & 0x3fff) === 0) return undefined;
  return `${protocol} ${source.join(".")} ${destination.join(".")} ${packet[4]} ${packet[5]}`;
}

function ttlOf(packet: Uint8Array): number {
  return packet[packet[0]! >> 4 === 4 ? 8 : 7]!;
}

/** The link header of an answer. */
function turned(link: Uint8Array): Uint8Array {
  const header = link.slice();
  if (link.length < 2 * MAC_BYTES) return header;
  header.set(link.subarray(MAC_BYTES, 2 * MAC_BYTES), 0);
  header.set(link.subarray(0, MAC_BYTES), MAC_BYTES);
  return header;
}

function isSame(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, i) => byte === b[i]);
}
