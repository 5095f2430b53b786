import { StepKind } from "../../assembly/abi/trace.ts";
import { type PathReader, WALK_POLICY, WALK_RULE, type WalkStep } from "./path.ts";

/**
 * How many rules the kernel compares a packet with: it evaluates chains rule by rule (ipt_do_table), whatever this
 * emulator's index spares. Chains' ends and policies are not counted as rules. A match that could not read its packet ends
 * a walk without a step: the rules since the last step are then not counted.
 */
export class LinearCost {
  readonly #reader: PathReader;
  readonly #ofPaths = new Map<number, number>();

  constructor(reader: PathReader) {
    this.#reader = reader;
  }

  /** Rules that were evaluated on a path, in all tables together. */
  rulesOf(path: number): number {
    const known = this.#ofPaths.get(path);
    if (known !== undefined) return known;
    let count = 0;
    let place = new Place();
    for (const { kind, payload } of this.#reader.steps(path)) {
      if (kind !== StepKind.TableWalk) continue;
      // A walk that ended without a decision goes on in the next one: a rule changed the packet's length meanwhile.
      if (place.isDecided) place = new Place();
      for (const step of this.#reader.walkSteps(payload)) count += this.#rulesUpTo(step, place);
    }
    this.#ofPaths.set(path, count);
    return count;
  }

  #rulesUpTo({ kind, subject }: WalkStep, place: Place): number {
    if (kind === WALK_RULE) {
      const named = this.#reader.rules.rule(subject)!;
      return place.match(named.number, named.rule.target?.kind);
    }
    const { ruleCount } = this.#reader.rules.chain(subject)!;
    return kind === WALK_POLICY ? place.decide(ruleCount) : place.end(ruleCount);
  }
}

/** Targets after which the next rule is evaluated; jumps and RETURN go elsewhere, all others decide. */
const DECIDING: ReadonlySet<string> = new Set([
  "ACCEPT",
  "DROP",
  "QUEUE",
  "REJECT",
  "DNAT",
  "SNAT",
  "MASQUERADE",
  "REDIRECT",
  "NETMAP",
  "NFQUEUE",
  "TPROXY",
  "IPVS",
]);

/** Where a walk through a table stands. */
class Place {
  isDecided = false;
  /** Rules of the present chain that were evaluated; undefined once the base chain was left by RETURN. */
  #evaluated: number | undefined = 0;
  readonly #callers: number[] = [];

  /** @returns rules evaluated since the step before. */
  match(number: number, target: string | undefined): number {
    const count = number - (this.#evaluated ?? 0);
    this.#evaluated = number;
    if (target === "jump") this.#callers.push(number);
    if (target === "jump" || target === "goto") this.#evaluated = 0;
    else if (target === "RETURN") this.#evaluated = this.#callers.pop();
    else if (target !== undefined && DECIDING.has(target)) this.isDecided = true;
    return count;
  }

  /** A user chain came to its end. */
  end(ruleCount: number): number {
    const count = ruleCount - (this.#evaluated ?? 0);
    this.#evaluated = this.#callers.pop();
    return count;
  }

  /** The base chain's policy decides. */
  decide(ruleCount: number): number {
    this.isDecided = true;
    return this.#evaluated === undefined ? 0 : ruleCount - this.#evaluated;
  }
}
