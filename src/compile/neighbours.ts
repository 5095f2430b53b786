import type { Core } from "../core/core.ts";
import type { Node } from "../model/node.ts";
import type { DeviceNumbers } from "./devices.ts";

const MAC_BYTES = 6;

/** Loads the MAC addresses of neighbours; what was loaded before is forgotten. Neighbours on unknown devices say nothing. */
export function loadNeighbours(core: Core, node: Pick<Node, "neighbours">, numbers: DeviceNumbers): void {
  core.clearNeighbours();
  const scratch = core.allocate(16);
  for (const { device, address, mac } of node.neighbours) {
    const number = numbers.find(device);
    if (number === undefined) continue;
    const bytes = new Uint8Array(core.memory.buffer);
    bytes.fill(0, scratch, scratch + 16);
    bytes.set(address, scratch);
    const at = core.newNeighbour(number, address.length === 4 ? 4 : 6, scratch);
    new Uint8Array(core.memory.buffer).set(mac.subarray(0, MAC_BYTES), at);
  }
  core.release(scratch);
}
