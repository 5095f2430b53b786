import { NO_SHAPE } from "../../../model/rule-lines.ts";
import type { Rule } from "../../../model/ruleset.ts";
import { Column } from "./bytes.ts";

/** What is kept of each rule, chain by chain. */
export interface RulesByChain {
  /** Number of each chain's first rule, and behind the last the number of all. */
  readonly chainStarts: Uint32Array;
  readonly shapes: Uint32Array;
  /** Where its line begins, and the line's number. */
  readonly lineStarts: Uint32Array;
  readonly lineNumbers: Uint32Array;
  readonly valueStarts: Uint32Array;
  /** The rules that exist, those without shape at least. */
  readonly parsed: Map<number, Rule>;
}

/** What is kept of each rule, in the order of the file. */
export class RuleColumns {
  readonly #chains = new Column();
  readonly #shapes = new Column();
  readonly #lineStarts = new Column();
  readonly #lineNumbers = new Column();
  readonly #valueStarts = new Column();
  readonly #parsed = new Map<number, Rule>();

  add(chain: number, shape: number, lineStart: number, lineNumber: number, valueStart: number): void {
    this.#chains.push(chain);
    this.#shapes.push(shape);
    this.#lineStarts.push(lineStart);
    this.#lineNumbers.push(lineNumber);
    this.#valueStarts.push(valueStart);
  }

  addParsed(rule: Rule, chain: number, lineStart: number, lineNumber: number, valueStart: number): void {
    this.#parsed.set(this.#chains.length, rule);
    this.add(chain, NO_SHAPE, lineStart, lineNumber, valueStart);
  }

  /** The same, each chain's rules together, in their order. */
  byChain(chainCount: number): RulesByChain {
    const chains = this.#chains.values;
    const chainStarts = new Uint32Array(chainCount + 1);
    for (const chain of chains) chainStarts[chain + 1]!++;
    for (let i = 0; i < chainCount; i++) chainStarts[i + 1]! += chainStarts[i]!;
    const next = chainStarts.slice();
    const numbers = new Uint32Array(chains.length);
    for (let i = 0; i < chains.length; i++) numbers[i] = next[chains[i]!]!++;
    return {
      chainStarts,
      shapes: moved(this.#shapes, numbers),
      lineStarts: moved(this.#lineStarts, numbers),
      lineNumbers: moved(this.#lineNumbers, numbers),
      valueStarts: moved(this.#valueStarts, numbers),
      parsed: new Map([...this.#parsed].map(([i, rule]) => [numbers[i]!, rule])),
    };
  }
}

/** The values of a column, each at its new place. */
function moved(column: Column, places: Uint32Array): Uint32Array {
  const { values } = column;
  const result = new Uint32Array(values.length);
  for (let i = 0; i < values.length; i++) result[places[i]!] = values[i]!;
  return result;
}
