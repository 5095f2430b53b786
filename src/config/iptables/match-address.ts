import type { AddrtypeMatch, CommentMatch, RpfilterMatch } from "../../model/match.ts";
import { type Given, hookLimits, type MatchExtension, type Options, option, optionTable } from "./extension.ts";
import { cutBytes, quote } from "./values.ts";

/** Matches on what the routing table says of an address (xt_addrtype, ipt_rpfilter), and the comment, which tests nothing. */

export const comment: MatchExtension = {
  name: "comment",
  options: optionTable("comment:1"),
  parse(options): CommentMatch {
    const given = options.required("comment");
    return { kind: "comment", text: cutBytes(given.values[0]!.text, 255) };
  },
  print: (match) => option("comment", quote((match as CommentMatch).text)),
};

const INCOMING = hookLimits("filter: IN FWD; nat: PRE IN; mangle: PRE IN FWD; raw: PRE; security: IN FWD");
const OUTGOING = hookLimits("filter: FWD OUT; nat: OUT POST; mangle: FWD OUT POST; raw: OUT; security: FWD OUT");

const ADDRESS_TYPES = [
  "UNSPEC",
  "UNICAST",
  "LOCAL",
  "BROADCAST",
  "ANYCAST",
  "MULTICAST",
  "BLACKHOLE",
  "UNREACHABLE",
  "PROHIBIT",
  "THROW",
  "NAT",
  "XRESOLVE",
];

export const addrtype: MatchExtension = {
  name: "addrtype",
  hooks: (match) => {
    const { limitInterface } = match as AddrtypeMatch;
    return limitInterface && (limitInterface === "in" ? INCOMING : OUTGOING);
  },
  options: optionTable("!src-type:1 !dst-type:1 limit-iface-in:0 limit-iface-out:0"),
  parse(options): AddrtypeMatch {
    const types = (name: string) => {
      const given = options.get(name);
      return given && { value: addressTypes(options, given), invert: given.invert };
    };
    options.exclusive("limit-iface-in", "limit-iface-out");
    if (!options.get("src-type") && !options.get("dst-type")) {
      options.reader.fail(undefined, "addrtype: you must specify --src-type or --dst-type");
    }
    const limit = options.get("limit-iface-in") ? "in" : options.get("limit-iface-out") ? "out" : undefined;
    return { kind: "addrtype", source: types("src-type"), destination: types("dst-type"), limitInterface: limit };
  },
  print(match) {
    const { source, destination, limitInterface } = match as AddrtypeMatch;
    let text = "";
    if (source) text += option("src-type", source.value.join(","), source.invert);
    if (destination) text += option("dst-type", destination.value.join(","), destination.invert);
    return limitInterface ? `${text} --limit-iface-${limitInterface}` : text;
  },
};

function addressTypes(options: Options, given: Given): string[] {
  const word = given.values[0]!;
  const named = word.text.toUpperCase().split(",");
  for (const name of named)
    if (!ADDRESS_TYPES.includes(name)) options.reader.fail(word, `addrtype: bad type "${name}"`);
  return ADDRESS_TYPES.filter((name) => named.includes(name));
}

export const rpfilter: MatchExtension = {
  name: "rpfilter",
  hooks: hookLimits("mangle: PRE; raw: PRE"),
  options: optionTable("loose:0 validmark:0 accept-local:0 invert:0"),
  parse: (options): RpfilterMatch => ({
    kind: "rpfilter",
    loose: options.has("loose"),
    validmark: options.has("validmark"),
    acceptLocal: options.has("accept-local"),
    invert: options.has("invert"),
  }),
  print(match) {
    const m = match as RpfilterMatch;
    return `${m.loose ? " --loose" : ""}${m.validmark ? " --validmark" : ""}${m.acceptLocal ? " --accept-local" : ""}${m.invert ? " --invert" : ""}`;
  },
};
