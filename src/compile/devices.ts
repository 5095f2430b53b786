import type { Interface } from "../model/node.ts";

/** Numbers of a node's devices in the core: from 1, in the order of `addr.json`; 0 is "no device". */
export class DeviceNumbers {
  /** Names by number; the first is empty. */
  readonly names: readonly string[];
  readonly #numbers = new Map<string, number>();

  constructor(interfaces: readonly Interface[]) {
    this.names = ["", ...interfaces.map((each) => each.name)];
    for (const [number, name] of this.names.entries()) if (number > 0) this.#numbers.set(name, number);
  }

  /** @returns undefined when the node has no device of that name. */
  find(name: string): number | undefined {
    return this.#numbers.get(name);
  }
}
