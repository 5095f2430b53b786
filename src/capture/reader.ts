import { decompressed } from "./decompress.ts";
import type { CaptureInterface, CapturePacket } from "./packet.ts";
import { CaptureParser } from "./parser.ts";
import { type CaptureSource, piecesOf } from "./source.ts";

/**
 * A capture that is being read: iterate over it once, for batches of packets in the order of the file. Memory stays
 * bounded by the length of a batch, whatever the length of the file.
 */
export interface CaptureReader extends AsyncIterable<readonly CapturePacket[]> {
  /** Told by the first bytes; undefined before the first batch. */
  readonly format: "pcap" | "pcapng" | undefined;
  /** The interfaces seen so far, in the order of the file. */
  readonly interfaces: readonly CaptureInterface[];
  /** Packets that were lost while capturing; only pcapng says so, mostly at its end. */
  readonly lost: number;
}

/**
 * Reads a capture: pcap or pcapng in all their forms, also compressed by gzip, told apart by the first bytes.
 *
 * The iteration ends with a {@link CaptureError} when the file is damaged, after every packet before the damage.
 *
 * @example
 * for await (const packets of readCapture(bytes)) for (const packet of packets) console.log(packet.length);
 */
export function readCapture(source: CaptureSource): CaptureReader {
  const parser = new CaptureParser();
  return {
    get format() {
      return parser.format;
    },
    get interfaces() {
      return parser.interfaces;
    },
    get lost() {
      return parser.lost;
    },
    [Symbol.asyncIterator]: () => batches(parser, source),
  };
}

async function* batches(parser: CaptureParser, source: CaptureSource): AsyncGenerator<readonly CapturePacket[]> {
  for await (const piece of decompressed(piecesOf(source))) {
    yield* batchOf((packets) => parser.push(piece, packets));
  }
  yield* batchOf((packets) => parser.end(packets));
}

/** What a step reads, and then its error, if there was one. */
function* batchOf(step: (packets: CapturePacket[]) => void): Generator<readonly CapturePacket[]> {
  const packets: CapturePacket[] = [];
  let failure: { readonly error: unknown } | undefined;
  try {
    step(packets);
  } catch (error) {
    failure = { error };
  }
  if (packets.length > 0) yield packets;
  if (failure) throw failure.error;
}
