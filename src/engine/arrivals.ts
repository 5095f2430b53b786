import {
  type CaptureInterface,
  type CapturePacket,
  inferInterface,
  interfaceOf,
  isOwnFrame,
  LINKTYPE_ETHERNET,
  LINKTYPE_NFLOG,
  LinkHeader,
  macAt,
  type NodeInterface,
  NodeMacs,
  Offload,
  readLink,
  recognizeOffload,
  recognizeSentOffload,
  vlanDevice,
  withoutTags,
} from "../capture/index.ts";
import { DeviceNumbers } from "../compile/devices.ts";
import type { Interface, Node } from "../model/node.ts";
import { BridgedDevices } from "./bridged-devices.ts";
import type { InputPacket } from "./chunk.ts";
import { withStatedLength } from "./stated-length.ts";
import { VlanDevices } from "./vlan-devices.ts";

/** Where packets of a capture were taken. */
export interface InterfaceChoice {
  /** Interface of the capture; undefined: every one without a choice of its own. */
  readonly from?: string;
  /** Interface of the node, or `local`: the node itself sends the packets. */
  readonly to: string;
}

/** Where the packets of an interface of the capture arrive. */
export interface ArrivalPlace {
  /** Device; 0: the node itself sends them; undefined: each packet has to say it. */
  readonly device: number | undefined;
  readonly mac: Uint8Array | undefined;
  /** Longest packet that is no aggregate there; undefined where nothing is offloaded. */
  readonly mtu: number | undefined;
}

/** Packets of a capture cannot be given to an interface of the node. */
export class InterfaceError extends Error {
  override readonly name = "InterfaceError";
}

/** Name of the pseudo-interface for packets that the node itself sends or takes in. */
export const LOCAL_INTERFACE = "local";
const LOCAL_DEVICE = 0;
const ETHERNET_HEADER = 14;
/** Each packet of the capture interface has to say by itself where it passed. */
const ASK_EACH = -1;

/** What the node itself sends may be of any length. */
const NO_MTU = 0xffffffff;

export const OWN_FRAME = "frames that the node itself sent";
const NO_INTERFACE = "packets that do not tell which interface they passed";
const NO_VLAN_DEVICE = "frames of a VLAN that the node has no interface for";

/** Makes packets of a capture into packets that arrive at the node's devices. */
export class Arrivals {
  readonly #node: Pick<Node, "interfaces" | "offloads">;
  readonly #devices: DeviceNumbers;
  readonly #choices: readonly InterfaceChoice[];
  readonly #macs: NodeMacs;
  readonly #vlans: VlanDevices;
  readonly #bridged: BridgedDevices;
  /** Device of each interface of the capture, or {@link ASK_EACH}. */
  readonly #deviceOf = new Map<CaptureInterface, number>();
  /** MAC addresses by device number. */
  readonly #macOf: readonly (number | undefined)[];
  readonly #smallestMtu: number;
  readonly #link = new LinkHeader();
  /** Records that are no input, counted by what they are. */
  readonly passedOver = new Map<string, number>();
  /** Packets larger than the MTU, and with transport checksums that a card was to complete. */
  aggregates = 0;
  partialChecksums = 0;

  constructor(node: Pick<Node, "interfaces" | "offloads">, choices: readonly InterfaceChoice[]) {
    const { interfaces } = node;
    this.#node = node;
    this.#choices = choices;
    this.#devices = new DeviceNumbers(interfaces);
    this.#macs = new NodeMacs(interfaces.map(({ name, index, mac }) => ({ name, ifindex: index, mac })));
    this.#vlans = new VlanDevices(interfaces);
    this.#bridged = new BridgedDevices(interfaces);
    this.#smallestMtu = Math.min(...interfaces.map(({ mtu }) => mtu));
    this.#macOf = [undefined, ...interfaces.map(({ mac }) => (mac?.length === 6 ? macAt(mac, 0) : undefined))];
  }

  get interfaces(): readonly Interface[] {
    return this.#node.interfaces;
  }

  /**
   * Looks at packets before they are used: interfaces without a name are known by the MAC addresses in their frames.
   *
   * @throws InterfaceError when one stays unknown.
   */
  learn(packets: readonly CapturePacket[]): void {
    let known: CaptureInterface | undefined;
    for (const { interface: taken } of packets) {
      if (taken === known) continue;
      known = taken;
      if (this.#deviceOf.has(taken)) continue;
      if (!this.learnByName(taken)) this.#deviceOf.set(taken, this.#inferred(taken, packets));
    }
  }

  /** Needs no packets where the interface's name, or a choice, tells where it is. @returns whether it does. */
  learnByName(taken: CaptureInterface): boolean {
    const device = this.#named(taken);
    if (device !== undefined) this.#deviceOf.set(taken, device);
    return device !== undefined;
  }

  /** What is the same for all packets of an interface of the capture; undefined as long as it is not known where they belong. */
  placeOf(taken: CaptureInterface): ArrivalPlace | undefined {
    const known = this.#deviceOf.get(taken);
    if (known === undefined) return undefined;
    const device = known === ASK_EACH ? undefined : known;
    const found = device === undefined ? undefined : this.#node.interfaces[device - 1];
    const mtu = this.#node.offloads ? (found?.mtu ?? NO_MTU) : undefined;
    return { device, mac: found?.mac?.length === 6 ? found.mac : undefined, mtu };
  }

  isKnown(taken: CaptureInterface): boolean {
    return this.#deviceOf.has(taken);
  }

  /** The packet as input, or undefined when it is none (and counted). */
  inputOf(packet: CapturePacket): InputPacket | undefined {
    const link = this.#link;
    const isIp = readLink(packet, link);
    if (!isIp && link.sourceMac < 0) return this.passOver(link.reason);
    const taken = this.#deviceOf.get(packet.interface)!;
    const below = taken === ASK_EACH ? this.#ownDevice(interfaceOf(packet, link, this.#macs)) : taken;
    if (below === undefined) return this.passOver(isIp ? NO_INTERFACE : link.reason);
    if (!isIp && !this.#bridged.has(below)) return this.passOver(link.reason);
    if (below !== LOCAL_DEVICE && isOwnFrame(packet, link, this.#macOf[below])) return this.passOver(OWN_FRAME);
    const device = this.#deviceAbove(below);
    if (isIp && device !== undefined) return this.#input(packet, device);
    if (this.#bridged.has(below) && packet.interface.linkType === LINKTYPE_ETHERNET)
      return this.#frame(packet, below, isIp);
    return this.passOver(isIp ? NO_VLAN_DEVICE : link.reason);
  }

  /** Where a frame arrives once its tags are off; undefined where one stays in it, be it for a bridge or for nobody. */
  #deviceAbove(below: number): number | undefined {
    const link = this.#link;
    if (link.tagCount === 0) return below;
    const isBridged = this.#bridged.has(below);
    return vlanDevice(link, this.#bridged.bondOf(below), this.#vlans.find, isBridged);
  }

  /**
   * What the node itself sent, as if it had come in at the interface where it left; undefined for all else. Ask right after
   * {@link inputOf} has passed it over.
   */
  ownFrame(packet: CapturePacket): InputPacket | undefined {
    const link = this.#link;
    if (!readLink(packet, link) || link.tagCount > 0) return undefined;
    const taken = this.#deviceOf.get(packet.interface)!;
    const device = taken === ASK_EACH ? this.#ownDevice(interfaceOf(packet, link, this.#macs)) : taken;
    if (!device || !isOwnFrame(packet, link, this.#macOf[device])) return undefined;
    return this.#input(packet, device);
  }

  #input(packet: CapturePacket, device: number): InputPacket {
    const { tagCount, macLength: tagged, tailLength: tail, family, packetType } = this.#link;
    const removed = 4 * tagCount;
    const macLength = tagged - removed;
    const length = packet.wireLength - tail - tagged;
    const frame = tagCount === 0 ? packet.bytes : withoutTags(packet, this.#link);
    const wasSent = device === LOCAL_DEVICE && packet.interface.linkType === LINKTYPE_NFLOG;
    const offload = this.#offloadOf(packet, device, length, wasSent);
    return {
      number: packet.number,
      timeHigh: packet.timeHigh,
      timeLow: packet.timeLow,
      device,
      bytes: offload & Offload.NoLength ? withStatedLength(frame, macLength, length) : trimmed(frame, tail),
      macLength,
      wireLength: macLength + length,
      family: family as 4 | 6,
      packetType,
      aggregate: (offload & Offload.Aggregate) !== 0,
      partialChecksum: (offload & Offload.Partial) !== 0,
      wasSent,
    };
  }

  /** A frame that only a bridge can do something with, as it is: no IP, or a tag that its port has no device for. */
  #frame(packet: CapturePacket, device: number, isIp: boolean): InputPacket {
    const { number, timeHigh, timeLow, bytes, wireLength } = packet;
    const tagged = this.#link.macLength;
    const length = wireLength - tagged;
    const offload = isIp ? this.#offloadOf(packet, device, length, false) : Offload.None;
    return {
      number,
      timeHigh,
      timeLow,
      device,
      bytes: offload & Offload.NoLength ? withStatedLength(bytes, tagged, length) : bytes,
      macLength: ETHERNET_HEADER,
      wireLength,
      family: 0,
      packetType: 0,
      aggregate: (offload & Offload.Aggregate) !== 0,
      partialChecksum: (offload & Offload.Partial) !== 0,
      wasSent: false,
    };
  }

  /** What the node's sockets send always has unfinished checksums, and TCP of any size: devices without offloads finish it. */
  #offloadOf({ data, start, length }: CapturePacket, device: number, wireLength: number, wasSent: boolean): number {
    if (!this.#node.offloads && !wasSent) return Offload.None;
    const { macLength, tailLength, family } = this.#link;
    const mtu = wasSent ? this.#smallestMtu : (this.#node.interfaces[device - 1]?.mtu ?? Number.POSITIVE_INFINITY);
    const end = start + length - tailLength;
    const recognize = wasSent ? recognizeSentOffload : recognizeOffload;
    const offload = recognize(data, start + macLength, end, family as 4 | 6, wireLength, mtu);
    if (offload & Offload.Aggregate) this.aggregates++;
    if (offload & Offload.Partial) this.partialChecksums++;
    return offload;
  }

  /** A frame of the node's own that comes in after all is not passed over. */
  takeOwnFrame(): void {
    const left = (this.passedOver.get(OWN_FRAME) ?? 1) - 1;
    if (left > 0) this.passedOver.set(OWN_FRAME, left);
    else this.passedOver.delete(OWN_FRAME);
  }

  /** Counts a record, or several, that are no input. */
  passOver(reason: string, count = 1): undefined {
    this.passedOver.set(reason, (this.passedOver.get(reason) ?? 0) + count);
    return undefined;
  }

  #named({ name }: CaptureInterface): number | undefined {
    const choice =
      this.#choices.find(({ from }) => from !== undefined && from === name) ??
      this.#choices.find(({ from }) => from === undefined);
    const wanted = choice?.to ?? name;
    if (wanted === undefined) return undefined;
    if (wanted === LOCAL_INTERFACE) return LOCAL_DEVICE;
    const number = this.#devices.find(wanted);
    if (number === undefined && choice)
      throw new InterfaceError(`the node has no interface ${wanted}: it has ${this.#list()}`);
    return number;
  }

  #inferred(taken: CaptureInterface, packets: readonly CapturePacket[]): number {
    const inference = inferInterface(
      packets.filter((packet) => packet.interface === taken),
      this.#macs,
    );
    if (inference.kind === "each") return ASK_EACH;
    if (inference.kind === "one") {
      const link = this.#link;
      // A cooked capture of `any` names the interface in every packet; the first ones may all be of the same.
      readLink(packets.find((packet) => packet.interface === taken)!, link);
      return link.ifindex === 0 ? this.#ownDevice(inference.interface)! : ASK_EACH;
    }
    if (taken.name === undefined) throw new InterfaceError(inference.advice);
    throw new InterfaceError(
      `the node has no interface ${taken.name}: say which one it is with --interface ${taken.name}=NAME; it has ${this.#list()}`,
    );
  }

  #ownDevice(found: NodeInterface | undefined): number | undefined {
    return found && this.#devices.find(found.name);
  }

  #list(): string {
    return [...this.#node.interfaces.map(({ name }) => name), LOCAL_INTERFACE].join(", ");
  }
}

function trimmed(frame: Uint8Array, tail: number): Uint8Array {
  return tail === 0 ? frame : frame.subarray(0, frame.length - tail);
}
