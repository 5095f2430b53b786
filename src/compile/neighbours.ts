import type { Core } from "../core/core.ts";
import { type NeighbourColumns, neighbourColumns } from "../model/neighbour-columns.ts";
import type { Node } from "../model/node.ts";
import type { DeviceNumbers } from "./devices.ts";

const MAC_BYTES = 6;
const ADDRESS_BYTES = 16;

/** Loads the MAC addresses of neighbours; what was loaded before is forgotten. Neighbours on unknown devices say nothing. */
export function loadNeighbours(core: Core, node: Pick<Node, "neighbours">, numbers: DeviceNumbers): void {
  core.clearNeighbours();
  const columns = neighbourColumns(node);
  if (columns) {
    loadColumns(core, columns, numbers);
    return;
  }
  const scratch = core.allocate(ADDRESS_BYTES);
  let bytes = new Uint8Array(core.memory.buffer);
  for (const { device, address, mac } of node.neighbours) {
    const number = numbers.find(device);
    if (number === undefined) continue;
    for (let i = 0; i < ADDRESS_BYTES; i++) bytes[scratch + i] = address[i] ?? 0;
    const at = core.newNeighbour(number, address.length === 4 ? 4 : 6, scratch);
    // Memory that grew has another buffer.
    if (bytes.length === 0) bytes = new Uint8Array(core.memory.buffer);
    for (let i = 0; i < MAC_BYTES; i++) bytes[at + i] = mac[i]!;
  }
  core.release(scratch);
}

function loadColumns(core: Core, columns: NeighbourColumns, numbers: DeviceNumbers): void {
  const { count, deviceOf, families, macs } = columns;
  const known = columns.devices.map((device) => numbers.find(device));
  const words = new Uint32Array(columns.addresses.buffer);
  const scratch = core.allocate(ADDRESS_BYTES);
  let view = new DataView(core.memory.buffer);
  for (let i = 0; i < count; i++) {
    const number = known[deviceOf[i]!];
    if (number === undefined) continue;
    for (let word = 0; word < 4; word++) view.setUint32(scratch + 4 * word, words[4 * i + word]!, true);
    const at = core.newNeighbour(number, families[i]!, scratch);
    if (view.buffer !== core.memory.buffer) view = new DataView(core.memory.buffer);
    for (let byte = 0; byte < MAC_BYTES; byte++) view.setUint8(at + byte, macs[MAC_BYTES * i + byte]!);
  }
  core.release(scratch);
}
