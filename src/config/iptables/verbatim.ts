import type { Match, VerbatimMatch } from "../../model/match.ts";
import type { Target, VerbatimTarget } from "../../model/target.ts";
import type { Word } from "../words.ts";
import { EVALUATED_MATCHES, EVALUATED_TARGETS } from "./evaluated-forms.ts";
import {
  type Given,
  type HookLimits,
  hookLimits,
  type MatchExtension,
  type Options,
  optionTable,
  type TargetExtension,
} from "./extension.ts";
import { quote } from "./values.ts";
import { VERBATIM_FORMS } from "./verbatim-forms.ts";

/**
 * Extensions whose options keep the words of the rule. Those that evaluated-forms knows are emulated; the others are read,
 * kept and printed only.
 */

const MATCHES = `
bpf bytecode:1 object-pinned:1
policy dir:1 pol:1 strict:0 *!reqid:1 *!spi:1 *!proto:1 *!mode:1 *!tunnel-src:1 *!tunnel-dst:1 *next:0
cluster cluster-total-nodes:1 !cluster-local-node:1 !cluster-local-nodemask:1 cluster-hash-seed:1
dccp !sport,source-port:1 !dport,destination-port:1 !dccp-types:1 !dccp-option:1
osf +!genre:1 ttl:1 log:1
eui64`;

const TARGETS = `
SYNPROXY sack-perm:0 timestamp:0 wscale:1 mss:1 ecn:0
AUDIT +type:1
CONNSECMARK save:0 restore:0
SECMARK +selctx:1
HMARK hmark-tuple:1 hmark-mod:1 hmark-rnd:1 hmark-offset:1 hmark-src-prefix:1 hmark-dst-prefix:1 hmark-sport-mask:1 hmark-dport-mask:1 hmark-spi-mask:1 hmark-sport:1 hmark-dport:1 hmark-spi:1 hmark-proto-mask:1
IDLETIMER +timeout:1 +label:1 alarm:0
LED led-trigger-id:1 led-delay:1 led-always-blink:0`;

const PROTOCOLS: Readonly<Record<string, readonly number[]>> = { dccp: [33], osf: [6], SYNPROXY: [6] };
const IPV6_ONLY = ["eui64"];
const IPV4_ONLY = ["osf"];

const HOOKS = new Map([
  ["osf", "filter: IN FWD; nat: PRE IN; mangle: PRE IN FWD; raw: PRE; security: IN FWD"],
  ["eui64", "filter: IN FWD; nat: PRE IN; mangle: PRE IN FWD; raw: PRE; security: IN FWD"],
  ["SYNPROXY", "filter: IN FWD; nat: IN; mangle: IN FWD; raw: NONE; security: IN FWD"],
  ["CONNSECMARK", "mangle; security"],
  ["SECMARK", "mangle; security"],
]);

/** What matches and targets of this kind have in common. */
function common(name: string, options: readonly string[]) {
  const hooks = HOOKS.get(name);
  return {
    name,
    family: IPV6_ONLY.includes(name) ? (6 as const) : IPV4_ONLY.includes(name) ? (4 as const) : undefined,
    protocols: PROTOCOLS[name],
    hooks: hooks === undefined ? undefined : hookLimits(hooks),
    options: optionTable(options.join(" ")),
  };
}

const INCOMING = hookLimits("filter: IN FWD; nat: PRE IN; mangle: PRE IN FWD; raw: PRE; security: IN FWD");
const OUTGOING = hookLimits("filter: FWD OUT; nat: OUT POST; mangle: FWD OUT POST; raw: OUT; security: FWD OUT");

/** A packet that comes in has been decrypted by then, one that goes out is encrypted later. */
function policyHooks(match: Match): HookLimits {
  return (match as VerbatimMatch).text.includes(" --dir out") ? OUTGOING : INCOMING;
}

function textOf(options: Options, words: readonly string[]): string {
  const form = VERBATIM_FORMS[options.extension];
  if (form) return form(options);
  for (const rule of optionTable(words.join(" ")).values()) if (rule.required) options.required(rule.name);
  if (options.extension === "CONNSECMARK" && options.given.length === 0) {
    options.reader.fail(undefined, "CONNSECMARK target: parameter required");
  }
  return options.given.map(optionText).join("");
}

function optionText(given: Given): string {
  const values = given.values.map((word: Word) => ` ${printable(word.text)}`).join("");
  return `${given.invert ? " !" : ""} --${given.name}${values}`;
}

/** Bare unless the word would not be read back as one. */
function printable(text: string): string {
  return text === "" || /[\s"]/.test(text) ? quote(text) : text;
}

export const VERBATIM_MATCHES: readonly MatchExtension[] = linesOf(MATCHES).map(([name, ...words]) => ({
  ...common(name!, words),
  hooks: name === "policy" ? policyHooks : common(name!, words).hooks,
  parse(options): Match {
    const text = textOf(options, words);
    return EVALUATED_MATCHES[name!]?.(options, text) ?? { kind: "verbatim", name: name!, text };
  },
  print: (match: Match) => (match as VerbatimMatch).text,
}));

export const VERBATIM_TARGETS: readonly TargetExtension[] = linesOf(TARGETS).map(([name, ...words]) => ({
  ...common(name!, words),
  parse(options): Target {
    const text = textOf(options, words);
    return EVALUATED_TARGETS[name!]?.(options, text) ?? { kind: "verbatim", name: name!, text };
  },
  print: (target: Target) => (target as VerbatimTarget).text,
}));

function linesOf(text: string): string[][] {
  return text
    .trim()
    .split("\n")
    .map((line) => line.split(" "));
}
