import { closeSync, mkdirSync, openSync, writeSync } from "node:fs";
import { join } from "node:path";

/** A file that is written piece by piece, anew. */
export class FileWriter {
  readonly #descriptor: number;

  /** @throws Error (with Node's `code`) when the file cannot be written. */
  constructor(path: string) {
    this.#descriptor = openSync(path, "w");
  }

  /** Writes a piece behind what was written. */
  write(piece: string | Uint8Array): void {
    const bytes = typeof piece === "string" ? new TextEncoder().encode(piece) : piece;
    for (let at = 0; at < bytes.length; ) at += writeSync(this.#descriptor, bytes, at);
  }

  /** No more will be written. */
  close(): void {
    closeSync(this.#descriptor);
  }
}

/** Files of a folder that are written piece by piece; each is made anew at its first piece. */
export class FolderWriter {
  readonly #folder: string;
  readonly #files = new Map<string, FileWriter>();

  /** Makes the folder where it does not exist. */
  constructor(folder: string) {
    this.#folder = folder;
    mkdirSync(folder, { recursive: true });
  }

  /** Writes a piece of a file behind what was written of it. */
  write(name: string, piece: string | Uint8Array): void {
    let file = this.#files.get(name);
    if (!file) {
      file = new FileWriter(join(this.#folder, name));
      this.#files.set(name, file);
    }
    file.write(piece);
  }

  /** No more will be written. */
  close(): void {
    for (const file of this.#files.values()) file.close();
    this.#files.clear();
  }
}
