import type { PacketKeys } from "./packet-keys.ts";

/** A packet that came out of the emulation, or that the capture saw leaving. */
export interface Left {
  readonly number: number;
  readonly interface: string;
  readonly packet: Uint8Array;
  readonly keys: PacketKeys;
}

/** The same for packets that are the same and left on the same interface. */
export function placed({ interface: name, keys }: Left): string {
  return `${name} ${keys.exact}`;
}

/** Packets that wait for their like, by what they are and where. */
export class Unpaired {
  readonly #placed = new Map<string, Left[]>();
  readonly #byContent = new Map<string, Set<Left>>();

  add(left: Left): void {
    const list = this.#placed.get(placed(left));
    if (list) list.push(left);
    else this.#placed.set(placed(left), [left]);
    const alike = this.#byContent.get(left.keys.content);
    if (alike) alike.add(left);
    else this.#byContent.set(left.keys.content, new Set([left]));
  }

  /** The oldest that is the same, on the same interface. */
  same(as: Left): Left | undefined {
    return this.#placed.get(placed(as))?.[0];
  }

  /** Those that are the same but for addresses, ports and TTL. */
  alike({ keys }: Left): Iterable<Left> {
    return this.#byContent.get(keys.content) ?? [];
  }

  remove(left: Left): void {
    const list = this.#placed.get(placed(left));
    const at = list?.indexOf(left) ?? -1;
    if (list && at >= 0) list.splice(at, 1);
    if (list?.length === 0) this.#placed.delete(placed(left));
    const alike = this.#byContent.get(left.keys.content);
    alike?.delete(left);
    if (alike?.size === 0) this.#byContent.delete(left.keys.content);
  }

  /** All, in order of their numbers. */
  all(): Left[] {
    return [...this.#placed.values()].flat().sort((a, b) => a.number - b.number);
  }
}
