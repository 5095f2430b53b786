import type { CaptureInterface } from "./packet.ts";
import { captureLimit } from "./packet-limit.ts";
import { decodeText, eachOption, IF_DESCRIPTION, IF_NAME, IF_TSOFFSET, IF_TSRESOL } from "./pcapng-options.ts";
import { UnitsClock } from "./time.ts";

/** An interface block, and how its timestamps are to be understood. */
export interface PcapngInterface {
  readonly description: CaptureInterface;
  readonly clock: UnitsClock;
  /** Most captured bytes that a packet can have. */
  readonly limit: number;
  /** Packets that it lost, as last reported. */
  lost: number;
}

/** Microseconds, where a block does not say. */
const DEFAULT_RESOLUTION = 6;
const SHORTEST_BLOCK = 20;

/** @returns the interface, or what is wrong with the block. */
export function readInterfaceBlock(
  bytes: Uint8Array,
  view: DataView,
  start: number,
  total: number,
  littleEndian: boolean,
  index: number,
): PcapngInterface | string {
  if (total < SHORTEST_BLOCK) return "an interface block is too short";
  let name: string | undefined;
  let description: string | undefined;
  let resolution = DEFAULT_RESOLUTION;
  let offsetSeconds = 0n;
  const whole = eachOption(view, start + 16, start + total - 4, littleEndian, (code, at, length) => {
    if (code === IF_NAME) name = decodeText(bytes, at, length);
    else if (code === IF_DESCRIPTION) description = decodeText(bytes, at, length);
    else if (code === IF_TSRESOL && length >= 1) resolution = bytes[at];
    else if (code === IF_TSOFFSET && length >= 8) offsetSeconds = view.getBigInt64(at, littleEndian);
  });
  if (!whole) return "an option of an interface block runs past the block's end";
  const linkType = view.getUint16(start + 8, littleEndian);
  const snapLength = view.getUint32(start + 12, littleEndian);
  return {
    description: { index, name, description, linkType, snapLength, littleEndian },
    clock: new UnitsClock(resolution, offsetSeconds),
    limit: captureLimit(linkType),
    lost: 0,
  };
}
