import type { Core } from "../core/core.ts";
import type { Interface } from "../model/node.ts";
import type { DeviceNumbers } from "./devices.ts";

/** Room for an address of either family. */
const ADDRESS_BYTES = 16;

/** Ends masqueraded connections whose device went down or lost their address, as the kernel does when `ip` changes them. */
export function endMasqueraded(
  core: Core,
  before: readonly Interface[],
  after: readonly Interface[],
  numbers: DeviceNumbers,
): void {
  const scratch = core.allocate(ADDRESS_BYTES);
  for (const device of before) {
    const number = numbers.find(device.name) ?? 0;
    const now = after.find(({ name }) => name === device.name);
    const kept = new Set(now?.addresses.map(({ address }) => String(address)));
    for (const { address, family } of device.addresses) {
      if (kept.has(String(address))) continue;
      new Uint8Array(core.memory.buffer).set(address, scratch);
      core.endMasqueraded(number, scratch, family);
    }
    if (isUp(device) && !(now && isUp(now))) core.endMasqueraded(number, 0, 0);
  }
  core.release(scratch);
}

function isUp({ flags }: Interface): boolean {
  return flags.includes("UP");
}
