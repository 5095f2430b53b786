const MAGIC_FIRST = 0x1f;
const MAGIC_SECOND = 0x8b;

/** Do these bytes begin as gzip does? */
export function isGzip(bytes: Uint8Array): boolean {
  return bytes[0] === MAGIC_FIRST && bytes[1] === MAGIC_SECOND;
}

/** Hands pieces on, decompressed if they begin as gzip does (RFC 1952); its members may be many, one after another. */
export async function* decompressed(pieces: AsyncGenerator<Uint8Array>): AsyncGenerator<Uint8Array> {
  try {
    const head: Uint8Array[] = [];
    for (let known = 0; known < 2; known += head[head.length - 1].length) {
      const { done, value } = await pieces.next();
      if (done) break;
      head.push(value);
    }
    const start = Uint8Array.from(head.flatMap((piece) => [...piece.subarray(0, 2)]));
    // Most captures are not compressed, and need not wait for the decompressor to be loaded.
    const gunzip = isGzip(start) ? new (await import("./gunzip.ts")).Gunzip() : undefined;
    for (const piece of head) yield* gunzip ? gunzip.push(piece) : [piece];
    for await (const piece of pieces) yield* gunzip ? gunzip.push(piece) : [piece];
    gunzip?.end();
  } finally {
    await pieces.return(undefined);
  }
}
