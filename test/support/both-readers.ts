import { expect } from "vitest";
import {
  type CaptureSource,
  type Ending,
  type InterfaceChoice,
  type Node,
  type OutputFrame,
  replay,
} from "../../src/index.ts";
import { inPieces } from "../capture/support.ts";

export interface Reading {
  /** Bytes that the source gives at a time. */
  readonly pieces?: number;
  readonly reorder?: number;
  readonly interfaces?: readonly InterfaceChoice[];
}

/** Everything that a replay gives. @param looks the host reads every packet, as it does for whoever wants to see them. */
export async function replayed(node: Node, source: CaptureSource, looks: boolean, how: Reading = {}) {
  const frames: unknown[] = [];
  const endings: Ending[] = [];
  const frame = ({ bytes, ...rest }: OutputFrame) => frames.push({ ...rest, bytes: [...bytes] });
  try {
    const { records, passedOver, notes, damage } = await replay(node, source, {
      interfaces: how.interfaces,
      onPacket: looks ? () => undefined : undefined,
      reorder: how.reorder,
      observe: () => [{ frame: (one) => void frame(one), ending: (ending) => void endings.push(ending) }],
    });
    return { records, passedOver: [...passedOver], notes, damage: damage?.message, frames, endings };
  } catch (error) {
    return { thrown: `${error}`, frames, endings };
  }
}

/** A capture gives the same, whether the core reads it or the host packet by packet. @returns what it gives. */
export async function expectSame(node: Node, file: Uint8Array, how: Reading = {}) {
  const packetByPacket = await replayed(node, inPieces(file, how.pieces ?? 1000), true, how);
  expect(await replayed(node, inPieces(file, how.pieces ?? 1000), false, how)).toEqual(packetByPacket);
  return packetByPacket;
}
