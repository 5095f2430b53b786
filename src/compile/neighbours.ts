import type { Core } from "../core/core.ts";
import type { Node } from "../model/node.ts";
import type { DeviceNumbers } from "./devices.ts";

const MAC_BYTES = 6;
const ADDRESS_BYTES = 16;

/** Loads the MAC addresses of neighbours; what was loaded before is forgotten. Neighbours on unknown devices say nothing. */
export function loadNeighbours(core: Core, node: Pick<Node, "neighbours">, numbers: DeviceNumbers): void {
  core.clearNeighbours();
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
