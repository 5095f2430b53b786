import { FilterError } from "./error.ts";
import { type Token, tokenize } from "./tokens.ts";

/** Goes through the tokens of an expression. */
export class TokenReader {
  readonly #tokens: readonly Token[];
  readonly #endColumn: number;
  at = 0;

  constructor(text: string) {
    this.#tokens = tokenize(text);
    this.#endColumn = text.length + 1;
  }

  get isAtEnd(): boolean {
    return this.at === this.#tokens.length;
  }

  /** The text of the token that comes next, or of one after it; undefined at the end. */
  peek(ahead = 0): string | undefined {
    return this.#tokens[this.at + ahead]?.text;
  }

  get isQuoted(): boolean {
    return this.#tokens[this.at]?.isQuoted ?? false;
  }

  /** Takes the next token if it is one of these; quoted ones never are. */
  take(...texts: readonly string[]): string | undefined {
    const token = this.#tokens[this.at];
    if (!token || token.isQuoted || !texts.includes(token.text)) return undefined;
    this.at++;
    return token.text;
  }

  /** Takes the next token, whatever it is. */
  next(expected: string): string {
    const token = this.#tokens[this.at];
    if (!token) return this.fail(`the expression ends where ${expected} should stand`);
    this.at++;
    return token.text;
  }

  expect(text: string): void {
    if (this.take(text) === undefined) this.failAtNext(`'${text}'`);
  }

  failAtNext(expected: string): never {
    const found = this.peek();
    if (found === undefined) return this.fail(`the expression ends where ${expected} should stand`);
    return this.fail(`'${found}' stands where ${expected} should stand`);
  }

  /** @param at number of the token that is wrong; default: the next one. */
  fail(detail: string, at = this.at): never {
    throw new FilterError(this.#tokens[at]?.column ?? this.#endColumn, detail);
  }
}
