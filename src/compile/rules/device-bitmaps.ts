import type { DeviceNumbers } from "../devices.ts";
import type { Image } from "./image.ts";

/** Bitmaps over device numbers for `-i` and `-o`, each kept once in an image. Bit 0 stands for "no device". */
export class DeviceBitmaps {
  readonly #image: Image;
  readonly #names: readonly string[];
  readonly #known = new Map<string, number>();

  constructor(image: Image, devices: DeviceNumbers) {
    this.#image = image;
    this.#names = devices.names;
  }

  /** @returns undefined when every device matches, and none as well. */
  of(pattern: string, invert: boolean): number | undefined {
    if (pattern === "+" && !invert) return undefined;
    return this.#intern(`${invert ? "!" : ""}${pattern}`, (name) => isNamed(name, pattern) !== invert);
  }

  /** The bitmap of a rule that nothing may match. */
  none(): number {
    return this.#intern("", () => false);
  }

  #intern(key: string, holds: (name: string) => boolean): number {
    const known = this.#known.get(key);
    if (known !== undefined) return known;
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
    this.#known.set(key, at);
    return at;
  }
}

/** Without a device the kernel compares with zeros: only `+` matches that. */
function isNamed(name: string, pattern: string): boolean {
  return pattern.endsWith("+") ? name.startsWith(pattern.slice(0, -1)) : name === pattern;
}
