/** A filter expression cannot be read. The message names the column, from 1. */
export class FilterError extends Error {
  override readonly name = "FilterError";
  readonly column: number;

  constructor(column: number, detail: string) {
    super(`filter, column ${column}: ${detail}`);
    this.column = column;
  }
}
