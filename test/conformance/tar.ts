/** A file of an archive: its path and contents. */
export interface ArchivedFile {
  readonly path: string;
  readonly bytes: Uint8Array;
}

const BLOCK = 512;
const NAME = { at: 0, length: 100 };
const SIZE = { at: 124, length: 12 };
const CHECKSUM = { at: 148, length: 8 };
const TYPE_AT = 156;
const REGULAR_FILE = "0".charCodeAt(0);

const encoder = new TextEncoder();
const decoder = new TextDecoder();

/** The regular files of a tar archive (POSIX ustar); names of at most 100 bytes. */
export function readTar(archive: Uint8Array): ArchivedFile[] {
  const files: ArchivedFile[] = [];
  for (let at = 0; at + BLOCK <= archive.length && archive[at] !== 0; ) {
    const header = archive.subarray(at, at + BLOCK);
    const size = Number.parseInt(text(header, SIZE), 8);
    if (header[TYPE_AT] === REGULAR_FILE) {
      files.push({ path: text(header, NAME), bytes: archive.subarray(at + BLOCK, at + BLOCK + size) });
    }
    at += BLOCK + Math.ceil(size / BLOCK) * BLOCK;
  }
  return files;
}

/** A tar archive with these files in this order; no owner and no time, so that the same files give the same bytes. */
export function writeTar(files: readonly ArchivedFile[]): Uint8Array {
  const total = files.reduce((sum, { bytes }) => sum + BLOCK + Math.ceil(bytes.length / BLOCK) * BLOCK, 2 * BLOCK);
  const archive = new Uint8Array(total);
  let at = 0;
  for (const { path, bytes } of files) {
    writeHeader(archive.subarray(at, at + BLOCK), path, bytes.length);
    archive.set(bytes, at + BLOCK);
    at += BLOCK + Math.ceil(bytes.length / BLOCK) * BLOCK;
  }
  return archive;
}

function writeHeader(header: Uint8Array, path: string, size: number): void {
  const put = (at: number, value: string) => header.set(encoder.encode(value), at);
  if (encoder.encode(path).length > NAME.length) throw new RangeError(`path longer than ${NAME.length} bytes: ${path}`);
  put(NAME.at, path);
  put(100, "0000644\0");
  put(108, "0000000\0");
  put(116, "0000000\0");
  put(SIZE.at, `${size.toString(8).padStart(11, "0")}\0`);
  put(136, "00000000000\0");
  put(CHECKSUM.at, " ".repeat(CHECKSUM.length));
  header[TYPE_AT] = REGULAR_FILE;
  put(257, "ustar\x0000");
  const sum = header.reduce((total, byte) => total + byte, 0);
  put(CHECKSUM.at, `${sum.toString(8).padStart(6, "0")}\0 `);
}

function text(header: Uint8Array, field: { at: number; length: number }): string {
  return decoder.decode(header.subarray(field.at, field.at + field.length)).replace(/[\0 ].*$/s, "");
}
