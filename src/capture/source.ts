/** Bytes of a capture, from wherever they come. */
export type CaptureSource = Uint8Array | Blob | AsyncIterable<Uint8Array> | ReadableStream<Uint8Array>;

/** A source that can also put its bytes where they are wanted, so that nobody has to copy them. */
export interface CaptureFile extends AsyncIterable<Uint8Array> {
  /**
   * Fills `into` from its beginning. One that was begun this way cannot be iterated over any more.
   *
   * @returns bytes that were read; 0 at the end.
   */
  readInto(into: Uint8Array): number | Promise<number>;
  /** Nobody reads on. */
  close(): void;
}

export function isCaptureFile(source: CaptureSource): source is CaptureFile {
  return "readInto" in source && typeof source.readInto === "function";
}

/** Arrays are handed on in parts of this length, so that a batch of packets stays small. */
const PIECE_BYTES = 256 * 1024;

/** The bytes in pieces that are not too long. */
export async function* piecesOf(source: CaptureSource): AsyncGenerator<Uint8Array> {
  if (source instanceof Uint8Array) yield* split(source);
  else if (isBlob(source)) yield* piecesOfStream(source.stream());
  else if (isStream(source)) yield* piecesOfStream(source);
  else for await (const bytes of source) yield* split(bytes);
}

function* split(bytes: Uint8Array): Generator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += PIECE_BYTES) yield bytes.subarray(at, at + PIECE_BYTES);
}

/** Not every browser can iterate over a stream. */
async function* piecesOfStream(stream: ReadableStream<Uint8Array>): AsyncGenerator<Uint8Array> {
  const reader = stream.getReader();
  let ended = false;
  try {
    while (true) {
      const { done, value } = await reader.read();
      ended = done;
      if (done) return;
      yield* split(value);
    }
  } finally {
    if (!ended) await reader.cancel().catch(() => undefined);
    reader.releaseLock();
  }
}

function isBlob(source: object): source is Blob {
  return typeof Blob !== "undefined" && source instanceof Blob;
}

function isStream(source: object): source is ReadableStream<Uint8Array> {
  return "getReader" in source && typeof source.getReader === "function";
}
