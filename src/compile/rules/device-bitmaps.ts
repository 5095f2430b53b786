import type { DeviceNumbers } from "../devices.ts";
import type { Image } from "./image.ts";

/** Bitmaps over device numbers for `-i` and `-o`, each kept once in an image. Bit 0 stands for "no device". */
export class DeviceBitmaps {
  readonly #image: Image;
  readonly #names: readonly string[];
  readonly #named = new Map<string, number>();
  readonly #others = new Map<string, number>();
  #none?: number;

  constructor(image: Image, devices: DeviceNumbers) {
    this.#image = image;
    this.#names = devices.names;
  }

  /** @returns undefined when every device matches, and none as well. */
  of(pattern: string, invert: boolean): number | undefined {
    if (pattern === "+" && !invert) return undefined;
    const known = invert ? this.#others : this.#named;
    let at = known.get(pattern);
    if (at === undefined) {
      at = this.#write((name) => isNamed(name, pattern) !== invert);
      known.set(pattern, at);
    }
    return at;
  }

  /** The bitmap of a rule that nothing may match. */
  none(): number {
    this.#none ??= this.#write(() => false);
    return this.#none;
  }

  #write(holds: (name: string) => boolean): number {
    const words = (this.#names.length + 31) >>> 5;
    const at = this.#image.reserve(words * 4);
    for (let word = 0; word < words; word++) {
      let bits = 0;
      for (let bit = 0; bit < 32; bit++) {
        const name = this.#names[word * 32 + bit];
        if (name !== undefined && holds(name)) bits |= 1 << bit;
      }
      this.#image.setUint32(at + word * 4, bits >>> 0);
    }
    return at;
  }
}

/** Without a device the kernel compares with zeros: only `+` matches that. */
function isNamed(name: string, pattern: string): boolean {
  return pattern.endsWith("+") ? name.startsWith(pattern.slice(0, -1)) : name === pattern;
}
