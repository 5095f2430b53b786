const PIECE_BYTES = 1 << 20;

/**
 * The capture in pieces with a pause before each, in which messages from the page come in: a run can be stopped, and the list
 * asked for.
 *
 * @param onProgress told of the share of bytes that was handed out, of 1.
 */
export async function* inPieces(capture: Uint8Array, onProgress?: (share: number) => void): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < capture.length; at += PIECE_BYTES) {
    await pause();
    onProgress?.(at / capture.length);
    yield capture.subarray(at, at + PIECE_BYTES);
  }
}

const channel = new MessageChannel();
const waiting: (() => void)[] = [];
channel.port1.onmessage = () => waiting.shift()?.();

/** Lets other messages through; a timer would wait some milliseconds each time. */
function pause(): Promise<void> {
  return new Promise((resume) => {
    waiting.push(resume);
    channel.port2.postMessage(undefined);
  });
}
