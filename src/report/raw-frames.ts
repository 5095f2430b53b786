import { LINKTYPE_RAW, PcapWriter, PIECE_BYTES } from "../capture/index.ts";
import type { OutputFrame, OutputSink } from "../engine/outputs.ts";
import type { Interface } from "../model/node.ts";
import { FrameIp } from "./frame-ip.ts";

/**
 * Writes what leaves the node as a classic pcap of bare IP packets, for tools that cannot read pcapng. It names neither the
 * devices nor the packets' causes; frames that are not IP have no place in it.
 */
export class RawFrameWriter implements OutputSink {
  readonly #writer = new PcapWriter(LINKTYPE_RAW);
  readonly #write: (piece: Uint8Array) => void;
  readonly #ip: FrameIp;

  constructor(interfaces: readonly Interface[], write: (piece: Uint8Array) => void) {
    this.#write = write;
    this.#ip = new FrameIp(interfaces);
  }

  /** Writes the IP packet of a frame. */
  frame(frame: OutputFrame): void {
    const header = this.#ip.startOf(frame);
    if (header === undefined) return;
    const { timeNs, bytes, originalLength } = frame;
    this.#writer.write({
      timeHigh: Number(timeNs >> 32n),
      timeLow: Number(timeNs & 0xffffffffn),
      bytes: bytes.subarray(header),
      wireLength: originalLength - header,
    });
    if (this.#writer.pending > PIECE_BYTES) this.end();
  }

  /** Writes what still waits. */
  end(): void {
    this.#write(this.#writer.take());
  }
}
