import { ConfigError } from "../../config/error.ts";
import { refusalOfSet } from "../../config/iptables/match-set.ts";
import type { Family, SourcePosition } from "../../model/address.ts";
import type { LocalProcess } from "../../model/node.ts";
import type { TableName } from "../../model/ruleset.ts";
import type { DeviceNumbers } from "../devices.ts";
import type { LoadedSets } from "../ipset.ts";

/** What compiling a rule needs to know beside the rule. */
export interface RuleContext {
  readonly family: Family;
  readonly table: TableName;
  readonly devices: DeviceNumbers;
  /** The sets of the core; undefined: there are none. */
  readonly sets: Pick<LoadedSets, "find" | "number"> | undefined;
  /** Number of an object of nfacct in the core. */
  readonly accountNumber: (name: string) => number;
  readonly local: LocalProcess;
  /** Numbers for names that rules share: tables of -m recent and -m hashlimit, estimators of RATEEST. */
  readonly names: NameNumbers;
  /** Place in its file of the rule that is being compiled. */
  at: SourcePosition;
}

/** Gives every name a number, from 1, the same for as long as the node lives. */
export class NameNumbers {
  readonly #numbers = new Map<string, number>();

  of(name: string): number {
    const known = this.#numbers.get(name);
    if (known !== undefined) return known;
    const number = this.#numbers.size + 1;
    this.#numbers.set(name, number);
    return number;
  }
}

/** @throws ConfigError: the rule asks for something that this version does not emulate. */
export function refuse(context: RuleContext, what: string): never {
  throw new ConfigError("ERR_UNSUPPORTED", context.at, what);
}

/** The number of a set. @throws ConfigError, in the tool's words, when it does not exist or is of the other family. */
export function numberOfSet({ sets, family, at }: RuleContext, name: string): number {
  const refusal = refusalOfSet(name, sets?.find(name), family);
  if (refusal !== undefined) throw new ConfigError("ERR_UNKNOWN_NAME", at, refusal);
  return sets!.number(name)!;
}
