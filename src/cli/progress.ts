const INTERVAL_MS = 200;

/** Tells on standard error how far a long run has come, when somebody is looking. */
export class Progress {
  readonly #started = Date.now();
  readonly #isShown = process.stderr.isTTY === true;
  #last = Date.now();
  #hasWritten = false;

  readonly update = (records: number): void => {
    if (!this.#isShown || Date.now() - this.#last < INTERVAL_MS) return;
    this.#last = Date.now();
    const seconds = (this.#last - this.#started) / 1000;
    process.stderr.write(`\r${records} packets, ${Math.round(records / seconds)}/s\u001b[K`);
    this.#hasWritten = true;
  };

  /** Takes the line away. */
  end(): void {
    if (this.#hasWritten) process.stderr.write("\r\u001b[K");
  }
}
