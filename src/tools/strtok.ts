/** The C library's strtok(): tokens between delimiters, which may be others at each step. */
export class StringTokens {
  readonly #text: string;
  #at = 0;

  constructor(text: string) {
    this.#text = text;
  }

  next(delimiters: string): string | undefined {
    const text = this.#text;
    while (this.#at < text.length && delimiters.includes(text[this.#at]!)) this.#at++;
    if (this.#at >= text.length) return undefined;
    const start = this.#at;
    while (this.#at < text.length && !delimiters.includes(text[this.#at]!)) this.#at++;
    return text.slice(start, this.#at++);
  }
}

export function bytesOf(text: string): number {
  return new TextEncoder().encode(text).length;
}
