/**
 * A small pcapng reader of the comparison's own, so that a fault in src/capture cannot hide itself: interfaces and
 * enhanced packet blocks of one file in memory, both byte orders.
 */
export interface CapturedPacket {
  readonly interfaceName: string;
  readonly isEthernet: boolean;
  readonly bytes: Uint8Array;
  /** The packet's last comment. */
  readonly comment: string;
}

interface CaptureInterface {
  readonly name: string;
  readonly linkType: number;
}

const SECTION_HEADER = 0x0a0d0d0a;
const INTERFACE_DESCRIPTION = 1;
const ENHANCED_PACKET = 6;
const LINKTYPE_ETHERNET = 1;
const OPTION_COMMENT = 1;
const OPTION_IF_NAME = 2;

const decoder = new TextDecoder();

/** @throws RangeError when a block reaches over the end of the file. */
export function readPcapng(file: Uint8Array): CapturedPacket[] {
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength);
  const packets: CapturedPacket[] = [];
  let interfaces: CaptureInterface[] = [];
  let little = true;
  for (let at = 0; at + 12 <= file.length; ) {
    const type = view.getUint32(at, little);
    if (type === SECTION_HEADER) {
      little = view.getUint32(at + 8, true) === 0x1a2b3c4d;
      interfaces = [];
    }
    const length = view.getUint32(at + 4, little);
    const end = at + length - 4;
    if (length < 12 || end > file.length) throw new RangeError(`block at byte ${at} of ${length} bytes`);
    if (type === INTERFACE_DESCRIPTION) {
      const name = readOption(view, at + 16, end, little, OPTION_IF_NAME) ?? `if${interfaces.length}`;
      interfaces.push({ name, linkType: view.getUint16(at + 8, little) });
    } else if (type === ENHANCED_PACKET) {
      const from = interfaces[view.getUint32(at + 8, little)];
      if (!from) throw new RangeError(`packet at byte ${at} has no interface`);
      const captured = view.getUint32(at + 20, little);
      packets.push({
        interfaceName: from.name,
        isEthernet: from.linkType === LINKTYPE_ETHERNET,
        bytes: file.subarray(at + 28, at + 28 + captured),
        comment: readOption(view, at + 28 + ((captured + 3) & ~3), end, little, OPTION_COMMENT) ?? "",
      });
    }
    at += length;
  }
  return packets;
}

/** The last option with this code, as text. */
function readOption(view: DataView, from: number, end: number, little: boolean, wanted: number): string | undefined {
  let found: string | undefined;
  for (let at = from; at + 4 <= end; ) {
    const code = view.getUint16(at, little);
    const length = view.getUint16(at + 2, little);
    if (code === 0) break;
    if (code === wanted) found = decoder.decode(new Uint8Array(view.buffer, view.byteOffset + at + 4, length));
    at += 4 + ((length + 3) & ~3);
  }
  return found;
}
