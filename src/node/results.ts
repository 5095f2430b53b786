import { closeSync, mkdirSync, openSync, writeSync } from "node:fs";
import { join } from "node:path";

/** Files of a folder that are written piece by piece; each is made anew at its first piece. */
export class FolderWriter {
  readonly #folder: string;
  readonly #open = new Map<string, number>();

  /** Makes the folder where it does not exist. */
  constructor(folder: string) {
    this.#folder = folder;
    mkdirSync(folder, { recursive: true });
  }

  write(file: string, piece: string | Uint8Array): void {
    let descriptor = this.#open.get(file);
    if (descriptor === undefined) {
      descriptor = openSync(join(this.#folder, file), "w");
      this.#open.set(file, descriptor);
    }
    writeAll(descriptor, typeof piece === "string" ? new TextEncoder().encode(piece) : piece);
  }

  close(): void {
    for (const descriptor of this.#open.values()) closeSync(descriptor);
    this.#open.clear();
  }
}

function writeAll(descriptor: number, bytes: Uint8Array): void {
  for (let at = 0; at < bytes.length; ) at += writeSync(descriptor, bytes, at);
}
