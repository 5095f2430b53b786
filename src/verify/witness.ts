import type { CapturePacket } from "../capture/index.ts";
import type { Arrivals } from "../engine/arrivals.ts";
import type { InputPacket } from "../engine/chunk.ts";
import type { FlowEnd } from "../engine/conversations.ts";
import type { Emulator } from "../engine/emulator.ts";
import { readFlowFields } from "../engine/flow-fields.ts";
import type { OutputFrame, OutputSink } from "../engine/outputs.ts";
import { readdress } from "../engine/readdress.ts";
import type { Feeder } from "../engine/sides.ts";
import type { Interface } from "../model/node.ts";
import { Causes } from "./causes.ts";
import { ChosenPorts, isSameButPort } from "./chosen-ports.ts";
import { Copies } from "./copies.ts";
import type { Draws } from "./draws.ts";
import { copied, destinationOf, endsKey, sourceOf, ttlOf } from "./ends.ts";
import { capturedNumber, isLocalNumber, type LocalPackets } from "./local-packets.ts";
import { type Comparing, isIcmpError, keysOf, type PacketKeys } from "./packet-keys.ts";
import { Pieces } from "./pieces.ts";
import { type Left, Unpaired } from "./seen.ts";
import type { Mismatch } from "./verification.ts";

export interface WitnessOptions {
  /** What the node itself sent, by a capture of its own. */
  readonly local?: LocalPackets;
  readonly draws: Draws;
  /** @param isLocal the cause is a packet of the node's own, of {@link local}. */
  readonly onMatch?: (recorded: number, cause: number, isLocal: boolean) => void;
}

const ETHERNET_BYTES = 14;
/** Snap lengths below this cut packets. */
const WHOLE = 65_535;
/** TTL of packets that begin at the node; forwarded ones have less. */
const FRESH_TTL = 64;
const LO = "lo";
const ICMP_BYTES = 8;
/** Codes of "unreachable" that sockets answer with: no such protocol, no such port (ICMPv6: port). */
const UNSERVED: ReadonlySet<number> = new Set([2, 3, 4]);

/**
 * Holds what comes out against what the capture saw leaving, packet by packet in order of time. What the kernel chose by chance
 * shows in what left. What nothing caused, and the node's own stack may have sent, goes in as its own at the time when it left.
 */
export class Witness implements Feeder, OutputSink {
  readonly #arrivals: Arrivals;
  readonly #emulator: Emulator;
  readonly #options: WitnessOptions;
  #comparing: Comparing;
  #hasLearned = false;
  readonly #copies: Copies;
  readonly #causes: Causes;
  readonly #ports = new ChosenPorts();
  readonly #pieces = new Pieces();
  /** What came out and has not been seen leaving. */
  readonly #waiting = new Unpaired();
  /** What was seen leaving and has not come out. */
  readonly #missing = new Unpaired();
  /** Ends of what was delivered to the node, by the ends that its answers have where they leave. */
  readonly #delivered = new Map<string, { readonly from: FlowEnd; readonly to: FlowEnd }>();
  readonly #ownContents = new Set<string>();
  inputs = 0;
  recorded = 0;
  exact = 0;
  chosenPort = 0;
  own = 0;
  /** Large pieces of the node's own TCP that were cut as the capture shows. */
  cut = 0;

  constructor(arrivals: Arrivals, emulator: Emulator, options: WitnessOptions) {
    const { interfaces, offloads } = emulator.node;
    this.#arrivals = arrivals;
    this.#emulator = emulator;
    this.#options = options;
    this.#comparing = { isCut: false, isOffloaded: offloads, isNodeAddress: addressesOf(interfaces) };
    this.#copies = new Copies(emulator.node.interfaces);
    this.#causes = new Causes(emulator, options.draws);
    emulator.observe(this);
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

  /** Texts by which a packet is found again; undefined for what is no IP packet. */
  keysOf(packet: Uint8Array): PacketKeys | undefined {
    return keysOf(packet, this.#comparing);
  }

  /** The next record of the capture: what came in goes in; what left is compared. */
  inputOf(packet: CapturePacket): InputPacket | undefined {
    for (const input of this.#options.local?.until(packet) ?? []) this.#feedLocal(input);
    const input = this.#arrivals.inputOf(packet);
    if (!input) return this.#look(packet);
    const bytes = input.bytes.subarray(input.macLength);
    const keys = this.keysOf(bytes);
    if (!keys) return input;
    if (this.#copies.isCopy(input, keys.exact))
      return this.#arrivals.passOver("packets that were seen on the interface below");
    if (input.device === 0 && (isIcmpError(bytes, keys.fields) || this.#ownContents.has(keys.content))) {
      return this.#arrivals.passOver(
        "packets of the node itself that were seen leaving, or that it has to make by itself",
      );
    }
    this.inputs++;
    return this.#enter(this.#ports.asChosenHere(input, keys.fields), keys);
  }

  /** The capture is over. */
  finish(): void {
    for (const input of this.#options.local?.rest() ?? []) this.#feedLocal(input);
    this.#options.draws.release();
  }

  frame({ number, device, bytes }: OutputFrame): void {
    const { node, loaded } = this.#emulator;
    const { linkType, mtu } = node.interfaces[device - 1] ?? {};
    const packet = bytes.slice(linkType === "ether" || linkType === "loopback" ? ETHERNET_BYTES : 0);
    if (device === 0) this.#noteDelivered(number, packet);
    if (device === 0) return;
    const name = loaded.devices.names[device]!;
    const keys = name === LO ? undefined : this.keysOf(packet);
    if (!keys) return;
    const emulated = { number, interface: name, packet, keys };
    const missing = this.#missing.same(emulated);
    if (missing) {
      this.#missing.remove(missing);
      this.#count(missing, emulated, "exact");
      return;
    }
    this.#waiting.add(emulated);
    if (isLocalNumber(number) && mtu !== undefined && packet.length > mtu) this.#pieces.add(emulated);
  }

  noteLines(): string[] {
    const notes: readonly (readonly [isTrue: boolean, note: string])[] = [
      [
        this.#comparing.isOffloaded,
        "checksums of TCP and UDP are not compared: where offloads are on, a card completes them after the capture",
      ],
      [
        this.cut > 0,
        `${this.cut} large pieces of the node's own TCP were cut into segments behind the last hook: cut to the sizes on the wire`,
      ],
    ];
    return [
      ...notes.filter(([isTrue]) => isTrue).map(([, note]) => note),
      "only this node is emulated: what pods on other nodes, routers and clients did is taken from the capture",
    ];
  }

  /** What left and did not come out, each with the reason. */
  unexplained(): Mismatch[] {
    return this.#missing.all().map((left) => this.#causes.ofMissing(left));
  }

  /** What came out and did not leave. */
  unexpected(): Mismatch[] {
    return this.#waiting.all().map((left) => this.#causes.ofExtra(left));
  }

  /** A record that is no input: did it leave the node? */
  #look(packet: CapturePacket): InputPacket | undefined {
    const own = this.#arrivals.ownFrame(packet);
    const bytes = own?.bytes.subarray(own.macLength);
    const keys = bytes && this.keysOf(bytes);
    const name = own && this.#emulator.loaded.devices.names[own.device];
    if (!own || !bytes || !keys || !name || name === LO || this.#copies.hasPorts(own.device)) return undefined;
    this.recorded++;
    const left: Left = { number: own.number, interface: name, packet: bytes.slice(), keys };
    // What came in before has to have its say.
    this.#run();
    const sent = this.#options.local?.upTo(bytes, keys.fields, own) ?? [];
    // What the node made by itself here (a reset by a rule) has been sent.
    if (this.#waiting.same(left)) sent.pop();
    for (const input of sent) this.#feedLocal(input);
    this.#run();
    this.#cutAs(left);
    const emulated = this.#waiting.same(left);
    if (emulated) this.#matched(left, emulated, "exact");
    else if (!this.#matchesButPort(left)) return this.#ownPacket(own, left);
    return undefined;
  }

  #run(): void {
    this.#emulator.flush();
    this.#causes.takeOutcomes();
  }

  #matched(left: Left, emulated: Left, how: "exact" | "port"): void {
    this.#waiting.remove(emulated);
    this.#count(left, emulated, how);
  }

  #count(left: Left, emulated: Left, how: "exact" | "port"): void {
    const isLocal = isLocalNumber(emulated.number);
    if (left.number === emulated.number || (isLocal && how === "exact")) this.own++;
    else if (how === "exact") this.exact++;
    else this.chosenPort++;
    this.#options.onMatch?.(left.number, capturedNumber(emulated.number), isLocal);
  }

  /** What left may be the first segment of a large piece: it waits in segments from now on. */
  #cutAs(left: Left): void {
    const begun = this.#pieces.begunBy(left);
    if (!begun) return;
    this.cut++;
    this.#waiting.remove(begun.piece);
    for (const packet of begun.segments) this.#waiting.add({ ...begun.piece, packet, keys: this.keysOf(packet)! });
  }

  /** Is it the same but for a source port that masquerading chose? */
  #matchesButPort(left: Left): boolean {
    const error = this.#ports.errorAsHere(left.packet, left.keys.fields);
    const same = error && this.#waiting.same({ ...left, packet: error, keys: this.keysOf(error)! });
    if (same) {
      this.#matched(left, same, "port");
      return true;
    }
    for (const emulated of this.#waiting.alike(left)) {
      const [theirs, ours] = [left.keys.fields, emulated.keys.fields];
      if (!isSameButPort(theirs, ours) || left.interface !== emulated.interface) continue;
      if (ttlOf(left.packet) !== ttlOf(emulated.packet)) continue;
      this.#ports.note(theirs, ours);
      this.#matched(left, emulated, "port");
      return true;
    }
    return false;
  }

  /** Sent by the node's own stack, or by nobody that is known: then it is missing. */
  #ownPacket(own: InputPacket, left: Left): InputPacket | undefined {
    const { fields } = left.keys;
    // It has to come out as it was seen.
    this.#missing.add(left);
    const answered = fields.hasPorts
      ? this.#delivered.get(endsKey(sourceOf(fields), destinationOf(fields)))
      : undefined;
    if (!this.#isOwn(left, answered !== undefined)) return undefined;
    this.#ownContents.add(left.keys.content);
    const packet = answered ? readdress(left.packet, fields, answered.from, answered.to) : left.packet;
    const wireLength = own.wireLength - own.macLength;
    return this.#enter({ ...own, device: 0, bytes: packet, macLength: 0, wireLength, packetType: 0 }, left.keys);
  }

  #isOwn(left: Left, isAnswer: boolean): boolean {
    const { fields } = left.keys;
    if (!isAnswer && !this.#comparing.isNodeAddress(fields.source)) return false;
    if (ttlOf(left.packet) !== FRESH_TTL) return false;
    // The capture of the node's own packets has all but these.
    return isIcmpError(left.packet, fields) ? this.#isOwnError(left) : !this.#options.local;
  }

  /** The node's sockets refuse what was delivered to a port that nobody has. */
  #isOwnError({ packet, keys: { fields } }: Left): boolean {
    const quoted = readFlowFields(packet.subarray(fields.transport + ICMP_BYTES));
    const isUnserved = UNSERVED.has(packet[fields.transport + 1]!);
    return isUnserved && !!quoted && this.#delivered.has(endsKey(destinationOf(quoted), sourceOf(quoted)));
  }

  #noteDelivered(number: number, packet: Uint8Array): void {
    const fields = readFlowFields(packet);
    const before = this.#causes.fieldsOf(number);
    if (!fields?.hasPorts || !before) return;
    this.#delivered.set(endsKey(destinationOf(before), sourceOf(before)), {
      from: copied(destinationOf(fields)),
      to: copied(sourceOf(fields)),
    });
  }

  #feedLocal(input: InputPacket): void {
    const keys = this.keysOf(input.bytes.subarray(input.macLength));
    this.#emulator.feed(keys ? this.#enter(input, keys) : input);
  }

  /** The packet goes in: what a rule draws for it shows in what left. */
  #enter(input: InputPacket, keys: PacketKeys): InputPacket {
    this.#options.draws.aim(input, keys);
    this.#causes.remember(input, keys);
    return input;
  }
}

function addressesOf(interfaces: readonly Interface[]): (address: Uint8Array) => boolean {
  const own = new Set(interfaces.flatMap(({ addresses }) => addresses.map(({ address }) => address.join("."))));
  return (address) => own.has(address.join("."));
}
