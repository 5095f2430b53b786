const BLOCK = 512;
const REGULAR_FILE = new Set(["0", "\0"]);

/** The regular files of a tar archive (ustar, with GNU and pax long names), by path. */
export function parseTar(bytes: Uint8Array): Map<string, Uint8Array> {
  const files = new Map<string, Uint8Array>();
  let longName: string | undefined;
  for (let at = 0; at + BLOCK <= bytes.length && bytes[at] !== 0; ) {
    const header = bytes.subarray(at, at + BLOCK);
    const size = Number.parseInt(field(header, 124, 12), 8) || 0;
    const content = bytes.subarray(at + BLOCK, at + BLOCK + size);
    const type = String.fromCharCode(header[156]!);
    if (type === "L") longName = field(content, 0, size);
    else if (type === "x") longName = /(?:^|\n)\d+ path=(.*)\n/.exec(field(content, 0, size))?.[1];
    else {
      if (REGULAR_FILE.has(type)) files.set(longName ?? pathOf(header), content);
      longName = undefined;
    }
    at += BLOCK + Math.ceil(size / BLOCK) * BLOCK;
  }
  return files;
}

/** Does it begin as a tar archive does? */
export function isTar(bytes: Uint8Array): boolean {
  return bytes.length >= BLOCK && field(bytes, 257, 5) === "ustar";
}

function pathOf(header: Uint8Array): string {
  const prefix = field(header, 345, 155);
  const name = field(header, 0, 100);
  return prefix ? `${prefix}/${name}` : name;
}

/** Text up to the first zero byte. */
function field(bytes: Uint8Array, at: number, length: number): string {
  const slice = bytes.subarray(at, at + length);
  const end = slice.indexOf(0);
  return new TextDecoder().decode(end < 0 ? slice : slice.subarray(0, end));
}
