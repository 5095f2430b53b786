import { PacketType } from "../../assembly/abi/netfilter.ts";
import {
  type CaptureInterface,
  type CapturePacket,
  Direction,
  LINKTYPE_ETHERNET,
  LinkHeader,
  readLink,
} from "../capture/index.ts";
import { DeviceNumbers } from "../compile/devices.ts";
import type { Interface } from "../model/node.ts";
import type { InputPacket } from "./chunk.ts";

/** Where packets of a capture were taken. */
export interface InterfaceChoice {
  /** Interface of the capture; undefined: every one without a choice of its own. */
  readonly from?: string;
  /** Interface of the node, or `local`: the node itself sends the packets. */
  readonly to: string;
}

/** Packets of a capture cannot be given to an interface of the node. */
export class InterfaceError extends Error {
  override readonly name = "InterfaceError";
}

/** Name of the pseudo-interface for packets that the node itself sends or takes in. */
export const LOCAL_INTERFACE = "local";
const LOCAL_DEVICE = 0;
const OWN_FRAME = "frames that the node itself sent";
const MAC_BYTES = 6;

/** Makes packets of a capture into packets that arrive at the node's devices. */
export class Arrivals {
  readonly #devices: DeviceNumbers;
  readonly #interfaces: readonly Interface[];
  readonly #choices: readonly InterfaceChoice[];
  /** Device of each interface of the capture. */
  readonly #deviceOf = new Map<CaptureInterface, number>();
  readonly #deviceByMac = new Map<string, number>();
  /** MAC addresses by device number. */
  readonly #macs: readonly (Uint8Array | undefined)[];
  readonly #link = new LinkHeader();
  /** Records that are no input, counted by what they are. */
  readonly passedOver = new Map<string, number>();

  constructor(interfaces: readonly Interface[], choices: readonly InterfaceChoice[]) {
    this.#devices = new DeviceNumbers(interfaces);
    this.#interfaces = interfaces;
    this.#choices = choices;
    this.#macs = [undefined, ...interfaces.map(({ mac, linkType }) => (linkType === "ether" ? mac : undefined))];
    for (const [number, mac] of this.#macs.entries()) if (mac) this.#deviceByMac.set(hex(mac), number);
  }

  /**
   * Looks at packets before they are used: an interface without a name is known by the MAC addresses in its frames.
   *
   * @throws InterfaceError when it stays unknown.
   */
  learn(packets: readonly CapturePacket[]): void {
    for (const { interface: taken } of packets) {
      if (this.#deviceOf.has(taken)) continue;
      const device = this.#named(taken) ?? this.#inferred(taken, packets);
      this.#deviceOf.set(taken, device);
    }
  }

  /** The packet as input, or undefined when it is none (and counted). */
  inputOf(packet: CapturePacket): InputPacket | undefined {
    const link = this.#link;
    if (!readLink(packet, link)) return this.#passOver(link.reason);
    const device = this.#deviceOf.get(packet.interface)!;
    if (device !== LOCAL_DEVICE && this.#isOwn(packet, device)) return this.#passOver(OWN_FRAME);
    const tail = link.tailLength;
    return {
      number: packet.number,
      timeHigh: packet.timeHigh,
      timeLow: packet.timeLow,
      device,
      bytes: tail === 0 ? packet.bytes : packet.bytes.subarray(0, packet.length - tail),
      macLength: link.macLength,
      wireLength: packet.wireLength - tail,
      family: link.family as 4 | 6,
      packetType: link.packetType,
      aggregate: false,
      partialChecksum: false,
    };
  }

  #passOver(reason: string): undefined {
    this.passedOver.set(reason, (this.passedOver.get(reason) ?? 0) + 1);
    return undefined;
  }

  /** By the capture's own word, or by the source MAC address. */
  #isOwn({ data, direction }: CapturePacket, device: number): boolean {
    const { packetType, sourceMac } = this.#link;
    if (direction === Direction.Outbound || packetType === PacketType.Outgoing) return true;
    const mac = this.#macs[device];
    if (!mac || sourceMac < 0 || direction === Direction.Inbound) return false;
    for (let i = 0; i < MAC_BYTES; i++) if (data[sourceMac + i] !== mac[i]) return false;
    return true;
  }

  #named({ name }: CaptureInterface): number | undefined {
    const choice =
      this.#choices.find(({ from }) => from !== undefined && from === name) ??
      this.#choices.find(({ from }) => from === undefined);
    const wanted = choice?.to ?? name;
    if (wanted === undefined) return undefined;
    if (wanted === LOCAL_INTERFACE) return LOCAL_DEVICE;
    const number = this.#devices.find(wanted);
    if (number === undefined && choice) throw new InterfaceError(`the node has no interface ${wanted}${this.#list()}`);
    return number;
  }

  /** The device that most of the frames were sent to, or came from. */
  #inferred(taken: CaptureInterface, packets: readonly CapturePacket[]): number {
    const hits = new Map<number, number>();
    for (const packet of packets) {
      if (packet.interface !== taken || taken.linkType !== LINKTYPE_ETHERNET || packet.length < 2 * MAC_BYTES) continue;
      const { data, start } = packet;
      const number = this.#deviceAt(data, start) ?? this.#deviceAt(data, start + MAC_BYTES);
      if (number !== undefined) hits.set(number, (hits.get(number) ?? 0) + 1);
    }
    const [best] = [...hits].sort((a, b) => b[1] - a[1]);
    if (best) return best[0];
    const missing =
      taken.name === undefined ? "the capture names no interface" : `the node has no interface ${taken.name}`;
    const option = taken.name === undefined ? "--interface NAME" : `--interface ${taken.name}=NAME`;
    throw new InterfaceError(
      `${missing}, and no MAC address in it is one of the node's: say where it was taken with ${option}${this.#list()}`,
    );
  }

  #deviceAt(data: Uint8Array, at: number): number | undefined {
    return this.#deviceByMac.get(hex(data.subarray(at, at + MAC_BYTES)));
  }

  #list(): string {
    const lines = this.#interfaces.map(({ name, mac }) => `  ${name}${mac ? ` (${hex(mac, ":")})` : ""}`);
    return `; the node has\n${lines.join("\n")}\n  ${LOCAL_INTERFACE} (packets that the node itself sends)`;
  }
}

function hex(bytes: Uint8Array, separator = ""): string {
  return [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join(separator);
}
