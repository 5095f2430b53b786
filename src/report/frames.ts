import { LINKTYPE_ETHERNET, LINKTYPE_RAW, PcapngWriter, PIECE_BYTES } from "../capture/index.ts";
import { LOCAL_INTERFACE } from "../engine/arrivals.ts";
import { localBlockOf, type OutputFrame, type OutputSink } from "../engine/outputs.ts";
import type { Interface } from "../model/node.ts";

/** Link types whose frames begin with an Ethernet header. */
const ETHERNET_LIKE: ReadonlySet<string> = new Set(["ether", "loopback"]);

export function hasEthernetHeader({ linkType }: Interface): boolean {
  return ETHERNET_LIKE.has(linkType);
}

/**
 * Writes what leaves the node as a pcapng: an interface block for each of its devices, and `local` for packets that were
 * delivered to the node itself. Each packet says with the comment `in=N` which packet of the capture caused it.
 */
export class FrameWriter implements OutputSink {
  readonly #writer: PcapngWriter;
  readonly #write: (piece: Uint8Array) => void;
  readonly #localBlock: number;
  readonly #isBorrowed: boolean;

  /**
   * @param write gets what is to be written, piece by piece.
   * @param options.isBorrowed `write` is done with a piece when it returns, so that none has to be copied for it.
   */
  constructor(
    interfaces: readonly Interface[],
    write: (piece: Uint8Array) => void,
    options: { readonly isBorrowed?: boolean } = {},
  ) {
    const devices = interfaces.map((device) => ({
      name: device.name,
      linkType: hasEthernetHeader(device) ? LINKTYPE_ETHERNET : LINKTYPE_RAW,
    }));
    this.#writer = new PcapngWriter([...devices, { name: LOCAL_INTERFACE, linkType: LINKTYPE_RAW }]);
    this.#write = write;
    this.#isBorrowed = options.isBorrowed ?? false;
    this.#localBlock = localBlockOf({ interfaces });
  }

  /** All frames of a moment, as the core has put them into blocks. */
  blocks(blocks: Uint8Array): void {
    if (this.#writer.pending > 0) this.end();
    this.#write(this.#isBorrowed ? blocks : blocks.slice());
  }

  /** One frame. @param comments come before `in=N`. */
  write({ number, device, timeNs, bytes, originalLength }: OutputFrame, comments?: readonly string[]): void {
    this.#writer.write({
      interface: device === 0 ? this.#localBlock : device - 1,
      timeHigh: Number(timeNs >> 32n),
      timeLow: Number(timeNs & 0xffffffffn),
      bytes,
      wireLength: originalLength,
      comments,
      cause: number,
    });
    if (this.#writer.pending > PIECE_BYTES) this.end();
  }

  /** Hands on what still waits. */
  end(): void {
    this.#write(this.#writer.take());
  }
}
