import { fateWords } from "../compare/difference.ts";
import { type Asked, askedOf, type Outcome, Outcomes } from "../compare/outcome.ts";
import { Ways } from "../compare/steps.ts";
import type { InputPacket } from "../engine/chunk.ts";
import type { Emulator } from "../engine/emulator.ts";
import type { FlowFields } from "../engine/flow-fields.ts";
import { headerWords, readHeaders } from "../trace/headers.ts";
import { pathNames } from "../trace/path.ts";
import type { Draws } from "./draws.ts";
import { destinationOf, endsKey, sourceOf } from "./ends.ts";
import { capturedNumber, numberWords } from "./local-packets.ts";
import { isIcmpError, type PacketKeys } from "./packet-keys.ts";
import type { Left } from "./seen.ts";
import type { Mismatch } from "./verification.ts";

const UNSENT_ERROR = "an ICMP error that the kernel did not send, perhaps by its rate limit, or that the capture lacks";
const UNSHOWN =
  "a rule drew a server (statistic random) to which nothing left, so that the capture does not show which; another was drawn here";
/** Inputs whose content is remembered, to find the cause of what left. */
const MOST_REMEMBERED = 20_000;

/** Knows what became of the last inputs, and says why something did not come out, or more did. */
export class Causes {
  readonly #emulator: Emulator;
  readonly #outcomes: Outcomes;
  readonly #draws: Draws;
  /** Ends of connections whose server was drawn, nobody knows which. */
  readonly #unshown = new Set<string>();
  readonly #ways: Ways;
  /** Number of the last input with a content. */
  readonly #inputs = new Map<string, number>();
  /** What became of the last inputs. */
  readonly #fates = new Map<number, { readonly asked: Asked; readonly ends: string; readonly outcome?: Outcome }>();
  /** Inputs whose outcomes have not been taken. */
  readonly #asked = new Map<number, { readonly asked: Asked; readonly fields: FlowFields }>();

  constructor(emulator: Emulator, draws: Draws) {
    this.#draws = draws;
    this.#emulator = emulator;
    this.#outcomes = new Outcomes(emulator);
    this.#ways = new Ways(emulator.core, pathNames(emulator.loaded));
    emulator.observe(this.#outcomes);
  }

  /** A packet goes in. */
  remember(input: InputPacket, { fields, content }: PacketKeys): void {
    const asked = askedOf(input, fields);
    this.#outcomes.expect(asked);
    this.#asked.set(input.number, { asked, fields });
    if (this.#asked.size > MOST_REMEMBERED) {
      this.#emulator.flush();
      this.takeOutcomes();
    }
    this.#inputs.delete(content);
    this.#inputs.set(content, input.number);
    if (this.#inputs.size > MOST_REMEMBERED) this.#inputs.delete(this.#inputs.keys().next().value!);
  }

  /** Of a packet that is under way: what it was when it came. */
  fieldsOf(number: number): FlowFields | undefined {
    return this.#asked.get(number)?.fields;
  }

  /** What went in has run. */
  takeOutcomes(): void {
    for (const [number, { asked, fields }] of this.#asked) {
      const outcome = this.#outcomes.take(number);
      const ends = endsKey(sourceOf(fields), destinationOf(fields));
      this.#fates.set(number, { asked, ends, outcome });
      if (outcome && this.#draws.arePossible && this.#draws.isUnshown(this.#ways.rules(outcome.path), ends))
        this.#unshown.add(ends);
      if (this.#fates.size > MOST_REMEMBERED) this.#fates.delete(this.#fates.keys().next().value!);
    }
    this.#asked.clear();
  }

  /** Why something that left did not come out. */
  ofMissing(left: Left): Mismatch {
    this.takeOutcomes();
    return described(left, this.#missingCause(left));
  }

  /** Why something came out that did not leave. */
  ofExtra(left: Left): Mismatch {
    this.takeOutcomes();
    const { keys, packet, number } = left;
    const ends = this.#fates.get(number)?.ends;
    if (ends !== undefined && this.#unshown.has(ends)) return described(left, UNSHOWN);
    const isError = isIcmpError(packet, keys.fields);
    return described(left, isError ? UNSENT_ERROR : `${this.#fateOf(number)}; the capture does not show it leaving`);
  }

  #missingCause({ keys, packet }: Left): string {
    // An answer of the node itself to the client.
    if (this.#unshown.has(endsKey(destinationOf(keys.fields), sourceOf(keys.fields)))) return UNSHOWN;
    const number = this.#inputs.get(keys.content);
    if (number !== undefined) return this.#fateOf(number);
    if (isIcmpError(packet, keys.fields)) return "an ICMP error that the emulation did not make";
    return "no packet that came in has its content";
  }

  #fateOf(number: number): string {
    const fate = this.#fates.get(number);
    if (!fate?.outcome) return `${numberWords(number)}, of which nothing more is known`;
    const { asked, outcome } = fate;
    return `${numberWords(number)} is ${fateWords(asked, outcome)}: ${this.#ways.decision(outcome)}`;
  }
}

function described({ number, interface: name, packet }: Left, cause: string): Mismatch {
  const headers = readHeaders(packet);
  return { packet: capturedNumber(number), interface: name, headers: headers ? headerWords(headers) : "", cause };
}
