/** What must be known of a node's interface to place packets. */
export interface NodeInterface {
  readonly name: string;
  /** As the kernel numbers it; cooked captures (SLL2) state it. */
  readonly ifindex: number;
  /** Six bytes; undefined for interfaces without (tun). */
  readonly mac?: Uint8Array;
}

/** The interfaces of a node by MAC address. */
export class NodeMacs {
  readonly interfaces: readonly NodeInterface[];
  readonly #owners = new Map<number, NodeInterface[]>();

  constructor(interfaces: readonly NodeInterface[]) {
    this.interfaces = interfaces;
    for (const one of interfaces) {
      if (one.mac?.length !== 6) continue;
      const mac = macAt(one.mac, 0);
      this.#owners.set(mac, [...(this.#owners.get(mac) ?? []), one]);
    }
  }

  /** The interfaces that have this address: none, one, or several (all pod links of a node may have the same). */
  owners(mac: number): readonly NodeInterface[] {
    return this.#owners.get(mac) ?? NOBODY;
  }
}

const NOBODY: readonly NodeInterface[] = [];

/** The MAC address at `at` as a number of 48 bits. */
export function macAt(data: Uint8Array, at: number): number {
  const upper = (data[at] << 16) | (data[at + 1] << 8) | data[at + 2];
  const lower = (data[at + 3] << 16) | (data[at + 4] << 8) | data[at + 5];
  return upper * 0x100_0000 + lower;
}
