import { beginsRelation, parseRelation } from "./arithmetic.ts";
import { FilterError } from "./error.ts";
import type { Predicate } from "./packet.ts";
import { parseQualifiers, parseValue, protocolPredicate, type Qualifiers } from "./primitives.ts";
import { TokenReader } from "./reader.ts";
import { isResultWord, parseResult } from "./results.ts";

/** What a filter expression may ask. */
export interface FilterOptions {
  /** May it ask what became of the packet (`fate dropped`)? Default false. */
  readonly results?: boolean;
}

/**
 * Reads a filter expression: the common part of pcap-filter(7) (`host`, `net`, `port`, `portrange`, protocols, `ether host`,
 * `vlan`, `less`, `greater`, `len`, `ip[9] == 6`, `tcp[tcpflags] & tcp-syn != 0`, `not`, `and`, `or`), `interface NAME`, and,
 * where results are there, `fate`, `out`, `reason`, `hook`, `table`, `chain`, `rule`, `service`, `server` and `ct.state`.
 *
 * As in tcpdump, `and` and `or` bind alike, from left to right. Unlike tcpdump, headers behind VLAN tags are found without
 * saying `vlan`, `tcp[...]` and `udp[...]` read IPv6 packets too, and names are not looked up.
 *
 * @throws FilterError
 * @example parseFilter("tcp port 80 or 443 and not net 10.0.0.0/8")
 */
export function parseFilter(text: string, options: FilterOptions = {}): Predicate {
  return new FilterParser(text, options).parse();
}

class FilterParser {
  readonly #reader: TokenReader;
  readonly #mayAskResults: boolean;
  #last: Qualifiers | undefined;

  constructor(text: string, { results = false }: FilterOptions) {
    this.#reader = new TokenReader(text);
    this.#mayAskResults = results;
  }

  parse(): Predicate {
    const predicate = this.#expression();
    if (!this.#reader.isAtEnd) this.#reader.failAtNext("'and', 'or' or the end");
    return predicate;
  }

  #expression(): Predicate {
    let left = this.#term();
    for (;;) {
      const operator = this.#reader.take("and", "&&", "or", "||");
      if (operator === undefined) return left;
      const [first, second] = [left, this.#term()];
      left =
        operator === "and" || operator === "&&"
          ? (packet, result) => first(packet, result) && second(packet, result)
          : (packet, result) => first(packet, result) || second(packet, result);
    }
  }

  #term(): Predicate {
    if (this.#reader.take("not", "!")) {
      const negated = this.#term();
      return (packet, result) => !negated(packet, result);
    }
    if (this.#reader.peek() === "(" && !this.#reader.isQuoted) return this.#parenthesis();
    if (beginsRelation(this.#reader)) return parseRelation(this.#reader);
    return this.#primitive();
  }

  /** `(tcp or udp)`, or the beginning of `(ip[0] & 0xf) * 4 > 20`. */
  #parenthesis(): Predicate {
    const start = this.#reader.at;
    try {
      this.#reader.expect("(");
      const inner = this.#expression();
      this.#reader.expect(")");
      return inner;
    } catch (error) {
      const reached = this.#reader.at;
      this.#reader.at = start;
      try {
        return parseRelation(this.#reader);
      } catch (relationError) {
        // The reading that came further is the one that was meant.
        const isBoolean = reached >= this.#reader.at || !(relationError instanceof FilterError);
        throw isBoolean ? error : relationError;
      }
    }
  }

  #primitive(): Predicate {
    const reader = this.#reader;
    const word = reader.isQuoted ? undefined : reader.peek();
    if (isResultWord(word)) {
      if (this.#mayAskResults) return parseResult(reader);
      reader.fail(`'${word}' asks what became of a packet: this filter chooses packets before they run`);
    }
    switch (reader.take("vlan", "less", "greater", "interface")) {
      case "vlan":
        return this.#vlan();
      case "less": {
        const bytes = this.#number();
        return ({ length }) => length <= bytes;
      }
      case "greater": {
        const bytes = this.#number();
        return ({ length }) => length >= bytes;
      }
      case "interface": {
        const name = reader.next("an interface");
        return (packet) => packet.interface === name;
      }
      default:
        return this.#qualified();
    }
  }

  #vlan(): Predicate {
    const id = /^[0-9]+$/.test(this.#reader.peek() ?? "") ? this.#number() : undefined;
    return ({ vlans }) => (id === undefined ? vlans.length > 0 : vlans.includes(id));
  }

  #number(): number {
    const at = this.#reader.at;
    const text = this.#reader.next("a number");
    return /^[0-9]+$/.test(text) ? Number(text) : this.#reader.fail(`'${text}' is no number`, at);
  }

  #qualified(): Predicate {
    const reader = this.#reader;
    if (reader.isAtEnd) return reader.failAtNext("a condition");
    const found = parseQualifiers(reader);
    const { protocol, direction, type } = found ?? {};
    if (protocol !== undefined && direction === undefined && type === undefined) {
      if (protocol === "ether") return reader.failAtNext("host, src or dst");
      return protocolPredicate(protocol);
    }
    if (!found && !this.#last && !/[.:]/.test(reader.peek() ?? "")) return reader.failAtNext("a condition");
    const qualifiers: Qualifiers = found
      ? { protocol, direction: direction ?? "either", type: type ?? "host" }
      : (this.#last ?? { direction: "either", type: "host" });
    this.#last = qualifiers;
    return reader.peek() === "(" ? this.#values(qualifiers) : parseValue(reader, qualifiers);
  }

  /** `port (80 or 443)`. */
  #values(qualifiers: Qualifiers): Predicate {
    this.#reader.expect("(");
    const tests = [parseValue(this.#reader, qualifiers)];
    while (this.#reader.take("or", "||")) tests.push(parseValue(this.#reader, qualifiers));
    this.#reader.expect(")");
    return (packet, result) => tests.some((test) => test(packet, result));
  }
}
