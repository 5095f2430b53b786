import { DeviceNumbers } from "../compile/devices.ts";
import type { Interface } from "../model/node.ts";

/** How devices give their frames to those above them, before anything asks whether it is IP, or whether they take it. */
export class BridgedDevices {
  /** Devices whose frames come to a bridge (its ports, what lies below them, VLAN devices' lower ones), and backup ports of bonds. */
  readonly #bridged = new Set<number>();
  /** Bonds, by those of their ports that are no backups. */
  readonly #bonds = new Map<number, number>();

  constructor(interfaces: readonly Interface[]) {
    const numbers = new DeviceNumbers(interfaces);
    const kinds = new Map(interfaces.map(({ name, kind }) => [name, kind]));
    const isBridged = ({ name, master }: Interface, depth = 0): boolean => {
      const kind = kinds.get(master ?? "");
      if (kind === "bridge") return true;
      return (
        depth < interfaces.length &&
        interfaces.some((above) => isAbove(above, name, master, kind) && isBridged(above, depth + 1))
      );
    };
    for (const device of interfaces) {
      const number = numbers.find(device.name)!;
      if (isBridged(device) || device.bondPort?.isActive === false) this.#bridged.add(number);
      if (kinds.get(device.master ?? "") === "bond" && device.bondPort?.isActive !== false)
        this.#bonds.set(number, numbers.find(device.master!)!);
    }
  }

  has(device: number): boolean {
    return this.#bridged.has(device);
  }

  /** The bond that gets what arrives at a device without further ado, or the device itself. */
  bondOf(device: number): number {
    return this.#bonds.get(device) ?? device;
  }
}

function isAbove(above: Interface, name: string, master: string | undefined, kind: string | undefined): boolean {
  return above.vlan?.below === name || (kind === "bond" && above.name === master);
}
