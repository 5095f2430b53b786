import type { Address, Negatable } from "../../model/address.ts";
import type {
  DscpMatch,
  EcnMatch,
  IprangeMatch,
  LengthMatch,
  MacMatch,
  PkttypeMatch,
  TosMatch,
  TtlMatch,
} from "../../model/match.ts";
import { formatAddress, formatMac, parseAddress, parseMac } from "../address.ts";
import { type Given, hookLimits, type MatchExtension, type Options, option, optionTable } from "./extension.ts";
import { formatRange, hexByte, leadingNumber, parseNumber, parseNumberRange } from "./values.ts";

/** Matches on the headers below the transport: xt_length, xt_hl, xt_dscp (tos), xt_iprange, xt_mac, xt_pkttype, xt_ecn. */

export const length: MatchExtension = {
  name: "length",
  options: optionTable("!length:1"),
  parse(options): LengthMatch {
    const given = options.required("length");
    return {
      kind: "length",
      length: { value: parseNumberRange(options, given, 65535), invert: given.invert },
    };
  },
  print: (match) =>
    option("length", formatRange((match as LengthMatch).length.value), (match as LengthMatch).length.invert),
};

export const ttl = ttlExtension("ttl");
export const hl = ttlExtension("hl");

function ttlExtension(name: "ttl" | "hl"): MatchExtension {
  return {
    name,
    family: name === "ttl" ? 4 : 6,
    options: optionTable(`!${name}-eq,${name}:1 ${name}-lt:1 ${name}-gt:1`),
    parse(options): TtlMatch {
      options.exclusive(`${name}-lt`, `${name}-gt`, `${name}-eq`);
      const given = options.given[0];
      if (!given)
        return options.reader.fail(
          undefined,
          `${name.toUpperCase()} match: You must specify one of \`--${name}-eq', \`--${name}-lt', \`--${name}-gt'`,
        );
      const compare = given.name.slice(-2) as "eq" | "lt" | "gt";
      const value = parseNumber(options, given, 255);
      return { kind: name, compare: compare === "eq" && given.invert ? "ne" : compare, value };
    },
    print(match) {
      const { compare, value } = match as TtlMatch;
      return option(`${name}-${compare === "ne" ? "eq" : compare}`, value, compare === "ne");
    },
  };
}

const TOS_NAMES: Readonly<Record<string, number>> = {
  "minimize-delay": 16,
  "maximize-throughput": 8,
  "maximize-reliability": 4,
  "minimize-cost": 2,
  "normal-service": 0,
};

export const tos: MatchExtension = {
  name: "tos",
  options: optionTable("!tos:1"),
  parse(options): TosMatch {
    const given = options.required("tos");
    return { kind: "tos", invert: given.invert, ...tosValue(options, given) };
  },
  print(match) {
    const { invert, value, mask } = match as TosMatch;
    return option("tos", `${hexByte(value)}/${hexByte(mask)}`, invert);
  },
};

/** `V`, `V/M` or a name (whose mask is 0x3f). */
export function tosValue(options: Options, given: Given): { value: number; mask: number } {
  const word = given.values[0]!;
  const named = TOS_NAMES[word.text.toLowerCase()];
  if (named !== undefined) return { value: named, mask: 0x3f };
  const value = leadingNumber(word.text);
  if (!value || value.value > 0xff) return options.reader.fail(word, `Symbolic name "${word.text}" is unknown`);
  const mask = value.rest.startsWith("/") ? leadingNumber(value.rest.slice(1)) : { value: 0xff, rest: value.rest };
  if (!mask || mask.value > 0xff || mask.rest !== "") options.reader.fail(word, `Illegal value: "${word.text}"`);
  return { value: value.value, mask: mask.value };
}

const DSCP_CLASSES: Readonly<Record<string, number>> = {
  cs0: 0,
  cs1: 8,
  cs2: 16,
  cs3: 24,
  cs4: 32,
  cs5: 40,
  cs6: 48,
  cs7: 56,
  be: 0,
  af11: 10,
  af12: 12,
  af13: 14,
  af21: 18,
  af22: 20,
  af23: 22,
  af31: 26,
  af32: 28,
  af33: 30,
  af41: 34,
  af42: 36,
  af43: 38,
  ef: 46,
};

/** `--dscp V` or `--dscp-class C`. */
export function dscpValue(options: Options, number: string, name: string): { value: number; invert: boolean } {
  options.exclusive(number, name);
  const given = options.get(number);
  if (given) return { value: parseNumber(options, given, 63), invert: given.invert };
  const named = options.get(name);
  if (!named)
    return options.reader.fail(
      undefined,
      `DSCP ${number === "dscp" ? "match" : "target"}: Parameter --${number} is required`,
    );
  const text = named.values[0]!.text.toLowerCase();
  const found = Object.keys(DSCP_CLASSES).find((known) => text.startsWith(known));
  if (found === undefined)
    return options.reader.fail(named.values[0], `Invalid DSCP value \`${named.values[0]!.text}'`);
  return { value: DSCP_CLASSES[found]!, invert: named.invert };
}

export const dscp: MatchExtension = {
  name: "dscp",
  options: optionTable("!dscp:1 !dscp-class:1"),
  parse: (options): DscpMatch => ({ kind: "dscp", ...dscpValue(options, "dscp", "dscp-class") }),
  print: (match) => option("dscp", hexByte((match as DscpMatch).value), (match as DscpMatch).invert),
};

export const iprange: MatchExtension = {
  name: "iprange",
  options: optionTable("!src-range:1 !dst-range:1"),
  parse(options): IprangeMatch {
    if (options.given.length === 0)
      options.reader.fail(undefined, "iprange match: You must specify `--src-range' or `--dst-range'");
    return {
      kind: "iprange",
      source: addressRange(options, "src-range"),
      destination: addressRange(options, "dst-range"),
    };
  },
  print(match) {
    const { source, destination } = match as IprangeMatch;
    const one = (name: string, range: IprangeMatch["source"]) =>
      range ? option(name, `${formatAddress(range.value.from)}-${formatAddress(range.value.to)}`, range.invert) : "";
    return one("src-range", source) + one("dst-range", destination);
  },
};

function addressRange(options: Options, name: string): Negatable<{ from: Address; to: Address }> | undefined {
  const given = options.get(name);
  if (!given) return undefined;
  const word = given.values[0]!;
  const [from = "", to = from] = word.text.split("-");
  const size = options.family === 4 ? 4 : 16;
  const first = parseAddress(from);
  const last = parseAddress(to);
  if (first?.length !== size || last?.length !== size)
    return options.reader.fail(word, `iprange: Bad value for "--${name}" option: "${word.text}"`);
  return { value: { from: first, to: last }, invert: given.invert };
}

export const mac: MatchExtension = {
  name: "mac",
  hooks: hookLimits("filter: IN FWD; nat: PRE IN; mangle: PRE IN FWD; raw: PRE; security: IN FWD"),
  options: optionTable("!mac-source:1"),
  parse(options): MacMatch {
    const given = options.required("mac-source");
    const address = parseMac(given.values[0]!.text);
    if (!address) return options.reader.fail(given.values[0], "Invalid MAC address specified.");
    return { kind: "mac", invert: given.invert, address };
  },
  print: (match) => option("mac-source", formatMac((match as MacMatch).address), (match as MacMatch).invert),
};

const PACKET_TYPES: Readonly<Record<string, PkttypeMatch["type"]>> = {
  unicast: "unicast",
  host: "unicast",
  broadcast: "broadcast",
  bcast: "broadcast",
  multicast: "multicast",
  mcast: "multicast",
  otherhost: "otherhost",
  outgoing: "outgoing",
  loopback: "loopback",
  fastroute: "fastroute",
};

export const pkttype: MatchExtension = {
  name: "pkttype",
  options: optionTable("!pkt-type:1"),
  parse(options): PkttypeMatch {
    const given = options.required("pkt-type");
    const type = PACKET_TYPES[given.values[0]!.text.toLowerCase()];
    if (!type) return options.reader.fail(given.values[0], `Bad packet type '${given.values[0]!.text}'`);
    return { kind: "pkttype", invert: given.invert, type };
  },
  print: (match) => option("pkt-type", (match as PkttypeMatch).type, (match as PkttypeMatch).invert),
};

export const ecn: MatchExtension = {
  name: "ecn",
  options: optionTable("!ecn-tcp-cwr:0 !ecn-tcp-ece:0 !ecn-ip-ect:1"),
  parse(options): EcnMatch {
    const flag = (name: string): Negatable<true> | undefined => {
      const given = options.get(name);
      return given && { value: true, invert: given.invert };
    };
    const ect = options.get("ecn-ip-ect");
    if (options.given.length === 0) options.reader.fail(undefined, "ECN match: some option required");
    if (
      (options.has("ecn-tcp-cwr") || options.has("ecn-tcp-ece")) &&
      (options.protocol !== 6 || options.isProtocolInverted)
    ) {
      options.reader.fail(undefined, "Invalid argument: ecn: TCP flags are only valid with -p tcp");
    }
    return {
      kind: "ecn",
      cwr: flag("ecn-tcp-cwr"),
      ece: flag("ecn-tcp-ece"),
      ect: ect && { value: parseNumber(options, ect, 3), invert: ect.invert },
    };
  },
  print(match) {
    const { cwr, ece, ect } = match as EcnMatch;
    const flag = (name: string, test: Negatable<true> | undefined) =>
      test ? `${test.invert ? " !" : ""} --${name}` : "";
    return (
      flag("ecn-tcp-ece", ece) + flag("ecn-tcp-cwr", cwr) + (ect ? option("ecn-ip-ect", ect.value, ect.invert) : "")
    );
  },
};
