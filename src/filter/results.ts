import type { FilteredResult, Predicate } from "./packet.ts";
import type { TokenReader } from "./reader.ts";

/** What a filter can ask of a packet that has run: word, and how a result answers. */
const QUESTIONS: Readonly<Record<string, (result: FilteredResult, value: string) => boolean>> = {
  fate: ({ fate }, value) => fate === value.toLowerCase(),
  out: (result, value) => result.interface === value,
  reason: ({ reason }, value) => reason?.toLowerCase().includes(value.toLowerCase()) ?? false,
  path: ({ path }, value) => Number(value) === path,
  hook: ({ hooks }, value) => hooks.has(value.toUpperCase()),
  table: ({ tables }, value) => tables.has(value.toLowerCase()),
  chain: ({ chains }, value) => chains.has(value),
  rule: ({ rules }, value) => rules.has(value),
  service: ({ services }, value) => isAmong(services, value),
  server: ({ servers }, value) => isAmong(servers, value),
  "ct.state": ({ states }, value) => states.has(value.toUpperCase()),
};
const FATES: ReadonlySet<string> = new Set(["sent", "delivered", "dropped", "waiting", "ignored"]);

export function isResultWord(word: string | undefined): word is string {
  return word !== undefined && Object.hasOwn(QUESTIONS, word);
}

/** `fate dropped`, `chain KUBE-FORWARD`, `rule filter:FORWARD:3`, `ct.state NEW`, ... @throws FilterError */
export function parseResult(reader: TokenReader): Predicate {
  const word = reader.next("a question");
  const at = reader.at;
  const value = reader.next(`a value of ${word}`);
  if (word === "fate" && !FATES.has(value.toLowerCase())) {
    reader.fail(`no fate '${value}': it is one of ${[...FATES].join(", ")}`, at);
  }
  if (word === "rule" && !/^[a-z]+:[^:]+:[0-9]+$/.test(value)) {
    reader.fail(`'${value}' is no rule: expected TABLE:CHAIN:NUMBER, as filter:FORWARD:3`, at);
  }
  if (word === "path" && !/^[0-9]+$/.test(value)) {
    reader.fail(`'${value}' is no path: expected its number`, at);
  }
  const ask = QUESTIONS[word]!;
  return (_packet, result) => result !== undefined && ask(result, value);
}

/** By address and port (services are named with their protocol, `TCP 10.96.0.1:443`), or by the address alone. */
function isAmong(ends: ReadonlySet<string>, value: string): boolean {
  return [...ends].some((end) => {
    const bare = end.slice(end.indexOf(" ") + 1);
    const address = bare.slice(0, bare.lastIndexOf(":")).replace(/^\[|\]$/g, "");
    return value === end || value === bare || value === address;
  });
}
