import { type CaptureInterface, CapturePacket, Direction, LINKTYPE_ETHERNET, LINKTYPE_RAW } from "../capture/index.ts";
import type { Node } from "../model/node.ts";
import { Arrivals, LOCAL_INTERFACE } from "./arrivals.ts";
import type { InputPacket } from "./chunk.ts";

/** Makes input of frames that come one by one, not from a capture. */
export class SingleFrames {
  readonly #node: Node;
  readonly #arrivals: Arrivals;
  readonly #interfaces = new Map<string, CaptureInterface>();

  constructor(node: Node) {
    this.#node = node;
    this.#arrivals = new Arrivals(node, []);
  }

  /**
   * @param on interface of the node, or `local`: the bytes are then a bare IP packet that the node itself sends.
   * @returns undefined for a frame that is no input: not IP, or sent by the node itself.
   * @throws InterfaceError when the node has no such interface.
   */
  inputOf(number: number, bytes: Uint8Array, on: string, timeNs: bigint): InputPacket | undefined {
    const packet = new CapturePacket(
      number,
      this.#interface(on),
      Number(timeNs >> 32n),
      Number(timeNs & 0xffffffffn),
      bytes,
      0,
      bytes.length,
      bytes.length,
      Direction.Inbound,
      0,
      0,
    );
    this.#arrivals.learn([packet]);
    return this.#arrivals.inputOf(packet);
  }

  #interface(name: string): CaptureInterface {
    let found = this.#interfaces.get(name);
    if (!found) {
      const device = this.#node.interfaces.find((each) => each.name === name);
      const isBare = name === LOCAL_INTERFACE || device?.linkType === "none";
      const linkType = isBare ? LINKTYPE_RAW : LINKTYPE_ETHERNET;
      const index = this.#interfaces.size;
      found = { index, name, description: undefined, linkType, snapLength: 0, littleEndian: true };
      this.#interfaces.set(name, found);
    }
    return found;
  }
}
