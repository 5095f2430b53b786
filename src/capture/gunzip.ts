import { piecesOf } from "./source.ts";

/** Hands pieces on, decompressed if they begin as gzip does (RFC 1952). */
export async function* decompressed(pieces: AsyncGenerator<Uint8Array>): AsyncGenerator<Uint8Array> {
  const head: Uint8Array[] = [];
  let known = 0;
  while (known < 2) {
    const { done, value } = await pieces.next();
    if (done) break;
    head.push(value);
    known += value.length;
  }
  const all = chain(head, pieces);
  yield* beginsAsGzip(head) ? gunzip(all) : all;
}

function gunzip(pieces: AsyncGenerator<Uint8Array>): AsyncGenerator<Uint8Array> {
  const compressed = new ReadableStream<Uint8Array<ArrayBuffer>>({
    async pull(controller) {
      const { done, value } = await pieces.next();
      if (done) controller.close();
      else controller.enqueue(value as Uint8Array<ArrayBuffer>);
    },
    async cancel() {
      await pieces.return(undefined);
    },
  });
  return piecesOf(compressed.pipeThrough(new DecompressionStream("gzip")));
}

async function* chain(head: readonly Uint8Array[], rest: AsyncGenerator<Uint8Array>): AsyncGenerator<Uint8Array> {
  yield* head;
  yield* rest;
}

function beginsAsGzip(head: readonly Uint8Array[]): boolean {
  const [first, second] = head.flatMap((piece) => [...piece.subarray(0, 2)]);
  return first === 0x1f && second === 0x8b;
}
