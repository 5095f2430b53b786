import type { Address, Negatable, Prefix, Range } from "../../../model/address.ts";
import type { Rule } from "../../../model/ruleset.ts";
import { prefixLengthOf } from "../../address.ts";
import type { WordHole } from "./hole-reader.ts";

/** Does the rule have the values that were read for a hole in the one place where that hole puts them? */
export function isFilledBy(hole: WordHole, rule: Rule, values: Uint32Array): boolean {
  switch (hole) {
    case "chain":
      return true;
    case "comment":
      return rule.matches.some(({ kind }) => kind === "comment");
    case "jump":
      return rule.target?.kind === "jump" || rule.target?.kind === "goto";
    case "source":
      return isPrefix(rule.source, values);
    case "destination":
      return isPrefix(rule.destination, values);
    case "sourcePort":
      return isPort(portsOf(rule)?.sourcePort, values);
    case "destinationPort":
      return isPort(portsOf(rule)?.destinationPort, values);
    case "translation":
      return isTranslation(rule, values);
  }
}

/** The rule's only test of TCP or UDP ports. */
function portsOf({ matches }: Rule) {
  const found = matches.filter((match) => match.kind === "tcp" || match.kind === "udp");
  return found.length === 1 ? found[0] : undefined;
}

function isPrefix(test: Negatable<Prefix> | undefined, [address, length]: Uint32Array): boolean {
  return test !== undefined && numberOf(test.value.address) === address && prefixLengthOf(test.value.mask) === length;
}

function isPort(test: Negatable<Range> | undefined, [port]: Uint32Array): boolean {
  return test !== undefined && test.value.from === port && test.value.to === port;
}

function isTranslation({ target }: Rule, [address, port]: Uint32Array): boolean {
  if (target?.kind !== "DNAT" || !target.addresses || !target.ports || target.ports.base !== undefined) return false;
  const { addresses, ports } = target;
  if (ports.from !== port || ports.to !== port) return false;
  return numberOf(addresses.from) === address && numberOf(addresses.to) === address;
}

/** The bytes of an IPv4 address as a number; of an IPv6 address none. */
function numberOf(address: Address): number {
  if (address.length !== 4) return Number.NaN;
  return new DataView(address.buffer, address.byteOffset, 4).getUint32(0);
}
