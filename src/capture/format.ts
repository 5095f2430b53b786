import { CaptureError } from "./error.ts";
import { recognizePcap } from "./pcap-form.ts";
import { PcapReader } from "./pcap-reader.ts";
import { SECTION_HEADER } from "./pcapng-blocks.ts";
import { PcapngReader } from "./pcapng-reader.ts";
import type { RecordReader } from "./record-reader.ts";

/** Bytes that tell the formats apart. */
export const MAGIC_BYTES = 4;

/** First four bytes (as a big-endian number) of what people hand over by mistake, what it is and what helps. */
const OTHERS = new Map<number, string>([
  [0x736e6f6f, "a snoop capture; convert it first: editcap -F pcapng FILE OUT.pcapng"],
  [0x52545353, "a Network Monitor 1 capture; convert it first: editcap -F pcapng FILE OUT.pcapng"],
  [0x474d4255, "a Network Monitor 2 capture; convert it first: editcap -F pcapng FILE OUT.pcapng"],
  [0x54524e53, "a Sniffer capture; convert it first: editcap -F pcapng FILE OUT.pcapng"],
  [0x28b52ffd, "compressed with zstd; pass it through zstd -dc and read standard input (-)"],
  [0xfd377a58, "compressed with xz; pass it through xz -dc and read standard input (-)"],
  [0x04224d18, "compressed with lz4; pass it through lz4 -dc and read standard input (-)"],
  [0x425a6839, "compressed with bzip2; pass it through bzip2 -dc and read standard input (-)"],
  [0x504b0304, "a zip archive; take the capture out of it first"],
]);
const GZIP = 0x1f8b;

/**
 * The reader for a file that begins with these four bytes; names of files are not asked.
 *
 * @throws CaptureError for everything but pcap and pcapng, with what it seems to be.
 */
export function chooseReader(view: DataView, at: number): RecordReader {
  const pcap = recognizePcap(view, at);
  if (pcap) return new PcapReader(pcap);
  const magic = view.getUint32(at, false);
  if (magic === SECTION_HEADER) return new PcapngReader();
  throw new CaptureError("ERR_CAPTURE_FORMAT", 0, `not a pcap or pcapng capture but ${describe(magic)}`);
}

function describe(magic: number): string {
  const known = OTHERS.get(magic);
  if (known) return known;
  if (magic >>> 16 === GZIP) return "compressed twice; decompress it once before";
  const bytes = [24, 16, 8, 0].map((shift) => ((magic >>> shift) & 0xff).toString(16).padStart(2, "0"));
  return `something that begins with the bytes ${bytes.join(" ")}`;
}
