import { DeviceNumbers } from "../compile/devices.ts";
import type { Interface } from "../model/node.ts";

/** The VLAN devices of a node, by the device below, the tag's protocol and the VLAN id. */
export class VlanDevices {
  readonly #devices = new Map<string, number>();

  constructor(interfaces: readonly Interface[]) {
    const numbers = new DeviceNumbers(interfaces);
    for (const { name, vlan } of interfaces) {
      const below = vlan && numbers.find(vlan.below);
      const number = numbers.find(name);
      if (vlan && below && number) this.#devices.set(`${below} ${vlan.protocol} ${vlan.id}`, number);
    }
  }

  readonly find = (below: number, protocol: number, vlanId: number): number | undefined =>
    this.#devices.get(`${below} ${protocol} ${vlanId}`);
}
