export { CaptureIndex } from "./capture-index.ts";
export { decompressed, isGzip } from "./decompress.ts";
export { CaptureError, type CaptureErrorCode } from "./error.ts";
export { type Inference, inferInterface, interfaceOf } from "./infer-interface.ts";
export { readLink } from "./link.ts";
export { LinkHeader } from "./link-header.ts";
export {
  DLT_RAW,
  DLT_RAW_OPENBSD,
  LINKTYPE_ETHERNET,
  LINKTYPE_IPV4,
  LINKTYPE_IPV6,
  LINKTYPE_LINUX_SLL,
  LINKTYPE_LINUX_SLL2,
  LINKTYPE_LOOP,
  LINKTYPE_NFLOG,
  LINKTYPE_NULL,
  LINKTYPE_RAW,
} from "./link-types.ts";
export { macAt, type NodeInterface, NodeMacs } from "./node-macs.ts";
export { Offload, recognizeOffload, recognizeSentOffload } from "./offload.ts";
export { isOwnFrame } from "./own-frame.ts";
export { type CaptureInterface, CapturePacket, Direction } from "./packet.ts";
export { CaptureParser } from "./parser.ts";
export { PcapWriter } from "./pcap-writer.ts";
export { commentOption, PcapngWriter } from "./pcapng-writer.ts";
export { type CaptureReader, readCapture } from "./reader.ts";
export type { PacketSink, Piece, RecordRun, Scanned, ScannedInterface } from "./record-reader.ts";
export { inTimeOrder, TimeMerge, windowOf } from "./reorder.ts";
export { type CaptureFile, type CaptureSource, isCaptureFile, piecesOf } from "./source.ts";
export { type FindVlanDevice, vlanDevice, withoutTags } from "./vlan.ts";
export { PIECE_BYTES, type WrittenInterface, type WrittenPacket } from "./written.ts";
