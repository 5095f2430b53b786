import { FilterError } from "./error.ts";

/** A word or an operator of a filter expression. */
export interface Token {
  readonly text: string;
  /** Where it stands, from 1. */
  readonly column: number;
  readonly isQuoted: boolean;
}

const OPERATORS = ["&&", "||", "<<", ">>", "<=", ">=", "==", "!=", ..."()[]&|!=<>+*/%^"];
/** Addresses, prefixes, MAC addresses, names of chains, `tcp-syn`, `filter:FORWARD:3`. */
const WORD = /[A-Za-z0-9_.:@/-]+/y;
/** Between brackets a slash would divide; words there are names, numbers and `offset:size`. */
const OFFSET_WORD = /[A-Za-z0-9_:-]+/y;

/** Cuts an expression into tokens. @throws FilterError */
export function tokenize(text: string): Token[] {
  const tokens: Token[] = [];
  let depth = 0;
  for (let at = 0; at < text.length; ) {
    if (/\s/.test(text[at]!)) {
      at++;
      continue;
    }
    const token = quoted(text, at) ?? operator(text, at) ?? word(text, at, depth > 0);
    depth += token.text === "[" ? 1 : token.text === "]" ? -1 : 0;
    tokens.push({ text: token.text, column: at + 1, isQuoted: token.isQuoted ?? false });
    at += token.width;
  }
  return tokens;
}

interface Cut {
  readonly text: string;
  readonly width: number;
  readonly isQuoted?: boolean;
}

function quoted(text: string, at: number): Cut | undefined {
  const quote = text[at]!;
  if (quote !== '"' && quote !== "'") return undefined;
  const end = text.indexOf(quote, at + 1);
  if (end < 0) throw new FilterError(at + 1, "the quotation does not end");
  return { text: text.slice(at + 1, end), width: end + 1 - at, isQuoted: true };
}

function operator(text: string, at: number): Cut | undefined {
  const found = OPERATORS.find((each) => text.startsWith(each, at));
  return found === undefined ? undefined : { text: found, width: found.length };
}

function word(text: string, at: number, isOffset: boolean): Cut {
  const pattern = isOffset ? OFFSET_WORD : WORD;
  pattern.lastIndex = at;
  const [found] = pattern.exec(text) ?? [];
  if (found === undefined) throw new FilterError(at + 1, `${JSON.stringify(text[at])} has no meaning here`);
  return { text: found, width: found.length };
}
