import type { Negatable, Range } from "../../model/address.ts";
import type { FragMatch, Ipv6headerMatch, MhMatch, OptionsHeaderMatch, RtMatch, SpiMatch } from "../../model/match.ts";
import { formatAddress, parseIpv6 } from "../address.ts";
import { flag, type Given, type MatchExtension, type Options, option, optionTable } from "./extension.ts";
import { formatRange, parseNumber, parseNumberRange, wholeNumber } from "./values.ts";

/** Matches on extension headers: ip6t_ipv6header, ip6t_frag, ip6t_rt, ip6t_hbh, ip6t_mh, xt_esp, ip(6)t_ah, xt_ipcomp. */

const UINT32_MAX = 0xffffffff;

function rangeTest(options: Options, name: string, max: number): Negatable<Range> | undefined {
  const given = options.get(name);
  return given && { value: parseNumberRange(options, given, max), invert: given.invert };
}

function numberTest(options: Options, name: string, max: number): Negatable<number> | undefined {
  const given = options.get(name);
  return given && { value: parseNumber(options, given, max), invert: given.invert };
}

/** The whole range is not printed, even when negated (1.8.9). */
function printRange(name: string, test: Negatable<Range> | undefined, max: number): string {
  if (!test || (test.value.from === 0 && test.value.to === max)) return "";
  return option(name, formatRange(test.value), test.invert);
}

function printNumber(name: string, test: Negatable<number> | undefined): string {
  return test ? option(name, test.value, test.invert) : "";
}

export const ah = spiExtension("ah", "ahspi", "!ahspi:1 !ahlen:1 ahres:0", [51]);
/** IPv4's has one option (libipt_ah.c). */
export const ah4: MatchExtension = { ...ah, options: optionTable("!ahspi:1") };
export const esp = spiExtension("esp", "espspi", "!espspi:1", [50]);
export const ipcomp = spiExtension("ipcomp", "ipcompspi", "!ipcompspi:1 compres:0", [108]);

function spiExtension(
  kind: SpiMatch["kind"],
  spi: string,
  options: string,
  protocols: readonly number[],
): MatchExtension {
  return {
    name: kind,
    options: optionTable(options),
    protocols,
    protocolsOnlyIpv4: kind === "ah",
    parse: (options): SpiMatch => ({
      kind,
      // Unlike those of ah and esp, ipcomp's range is 0 alone where none is given (libxt_ipcomp.c).
      spi:
        rangeTest(options, spi, UINT32_MAX) ??
        (kind === "ipcomp" ? { value: { from: 0, to: 0 }, invert: false } : undefined),
      // A length of 0 is none (ip6t_ah.c).
      length: headerLength(numberTest(options, "ahlen", UINT32_MAX)),
      reserved: options.has("ahres") || options.has("compres"),
    }),
    print(match) {
      const m = match as SpiMatch;
      const reserved = m.reserved ? (kind === "ipcomp" ? " --compres" : " --ahres") : "";
      return printRange(spi, m.spi, UINT32_MAX) + printNumber("ahlen", m.length) + reserved;
    },
  };
}

function headerLength(length: Negatable<number> | undefined): Negatable<number> | undefined {
  return length?.value === 0 ? undefined : length;
}

export const frag: MatchExtension = {
  name: "frag",
  family: 6,
  options: optionTable("!fragid:1 !fraglen:1 fragres:0 fragfirst:0 fragmore:0 fraglast:0"),
  parse(options): FragMatch {
    options.exclusive("fragmore", "fraglast");
    return {
      kind: "frag",
      id: rangeTest(options, "fragid", UINT32_MAX),
      length: numberTest(options, "fraglen", UINT32_MAX),
      reserved: options.has("fragres"),
      first: options.has("fragfirst"),
      more: options.has("fragmore"),
      last: options.has("fraglast"),
    };
  },
  print(match) {
    const m = match as FragMatch;
    let text = printRange("fragid", m.id, UINT32_MAX) + printNumber("fraglen", m.length);
    if (m.reserved) text += flag("fragres");
    if (m.first) text += flag("fragfirst");
    if (m.more) text += flag("fragmore");
    return m.last ? text + flag("fraglast") : text;
  },
};

export const rt: MatchExtension = {
  name: "rt",
  family: 6,
  options: optionTable("!rt-type:1 !rt-segsleft:1 !rt-len:1 rt-0-res:0 rt-0-addrs:1 rt-0-not-strict:0"),
  parse(options): RtMatch {
    const type = numberTest(options, "rt-type", UINT32_MAX);
    const addresses = options.get("rt-0-addrs");
    for (const name of ["rt-0-res", "rt-0-addrs"]) {
      if (options.has(name) && (type?.value !== 0 || type.invert)) {
        options.reader.fail(options.get(name)!.word, `rt: \`--rt-type 0' required before \`--${name}'`);
      }
    }
    if (options.has("rt-0-not-strict") && !addresses) {
      options.reader.fail(
        options.get("rt-0-not-strict")!.word,
        "rt: `--rt-0-addr ...' required before `--rt-0-not-strict'",
      );
    }
    return {
      kind: "rt",
      type,
      segmentsLeft: rangeTest(options, "rt-segsleft", UINT32_MAX),
      length: numberTest(options, "rt-len", UINT32_MAX),
      reserved: options.has("rt-0-res"),
      addresses: addresses ? routeAddresses(options, addresses) : [],
      notStrict: options.has("rt-0-not-strict"),
    };
  },
  print(match) {
    const m = match as RtMatch;
    let text = printNumber("rt-type", m.type) + printRange("rt-segsleft", m.segmentsLeft, UINT32_MAX);
    text += printNumber("rt-len", m.length);
    if (m.reserved) text += flag("rt-0-res");
    if (m.addresses.length) text += option("rt-0-addrs", m.addresses.map(formatAddress).join(","));
    return m.notStrict ? text + flag("rt-0-not-strict") : text;
  },
};

function routeAddresses(options: Options, given: Given) {
  const word = given.values[0]!;
  return word.text.split(",").map((text) => {
    return parseIpv6(text) ?? options.fail(word, `error parsing address \`${text}'`);
  });
}

export const hbh = optionsHeader("hbh");
export const dst = optionsHeader("dst");

function optionsHeader(kind: "hbh" | "dst"): MatchExtension {
  return {
    name: kind,
    family: 6,
    options: optionTable(`!${kind}-len:1 ${kind}-opts:1`),
    parse(options): OptionsHeaderMatch {
      const list = options.get(`${kind}-opts`);
      return {
        kind,
        length: numberTest(options, `${kind}-len`, UINT32_MAX),
        options: list ? headerOptions(options, list) : [],
      };
    },
    print(match) {
      const { length, options } = match as OptionsHeaderMatch;
      const list = options.map((one) => (one.length === undefined ? `${one.type}` : `${one.type}:${one.length}`));
      return printNumber(`${kind}-len`, length) + (list.length ? option(`${kind}-opts`, list.join(",")) : "");
    },
  };
}

/** `type[:length],…`, at most sixteen. */
function headerOptions(options: Options, given: Given): { type: number; length?: number }[] {
  const word = given.values[0]!;
  const list = word.text.split(",").map((text) => {
    const [type, length] = text.split(":").map((part) => wholeNumber(part));
    if (type === undefined || type > 255 || (length ?? 0) > 255 || (text.includes(":") && length === undefined)) {
      return options.fail(word, `invalid option \`${text}' (type[:length], each 0-255)`);
    }
    return { type, length };
  });
  return list.length > 16 ? options.fail(word, "too many options specified (16 at most)") : list;
}

export const mh: MatchExtension = {
  name: "mh",
  family: 6,
  protocols: [135],
  options: optionTable("!mh-type:1"),
  parse(options): MhMatch {
    const type = namedMhType(options) ?? rangeTest(options, "mh-type", 255);
    if (type && type.value.from > type.value.to) {
      options.reader.fail(options.get("mh-type")!.values[0], "Invalid MH type range (min > max)");
    }
    return { kind: "mh", type };
  },
  print: (match) => printRange("mh-type", (match as MhMatch).type, 255),
};

/** Names of mobility header types, the number is their place; each with its short form. */
const MH_TYPES = [
  "binding-refresh-request brr",
  "home-test-init hoti",
  "careof-test-init coti",
  "home-test hot",
  "careof-test cot",
  "binding-update bu",
  "binding-acknowledgement ba",
  "binding-error be",
].map((names) => names.split(" "));

/** A whole name in any case, or the first that begins so. */
function namedMhType(options: Options): MhMatch["type"] {
  const given = options.get("mh-type");
  const text = given?.values[0]?.text.toLowerCase() ?? "";
  if (!given || !/^[a-z]/.test(text)) return undefined;
  const whole = MH_TYPES.findIndex((names) => names.includes(text));
  const number = whole >= 0 ? whole : MH_TYPES.findIndex((names) => names.some((name) => name.startsWith(text)));
  return number < 0 ? undefined : { value: { from: number, to: number }, invert: given.invert };
}

const HEADERS = new Map(
  (
    "hop=hop-by-hop hop-by-hop=hop-by-hop dst=ipv6-opts ipv6-opts=ipv6-opts route=ipv6-route ipv6-route=ipv6-route " +
    "frag=ipv6-frag ipv6-frag=ipv6-frag auth=ah ah=ah esp=esp none=ipv6-nonxt ipv6-nonxt=ipv6-nonxt " +
    "prot=protocol protocol=protocol"
  )
    .split(" ")
    .map((entry) => entry.split("=") as [string, string]),
);
const HEADER_ORDER = ["hop-by-hop", "ipv6-opts", "ipv6-route", "ipv6-frag", "ah", "esp", "ipv6-nonxt", "protocol"];

export const ipv6header: MatchExtension = {
  name: "ipv6header",
  options: optionTable("!header:1 soft:0"),
  parse(options): Ipv6headerMatch {
    const given = options.required("header");
    const named = given.values[0]!.text.split(",").map((text) => {
      const name = HEADERS.get(text.toLowerCase());
      return name ?? options.reader.fail(given.values[0], `unknown header \`${text}' specified`);
    });
    return {
      kind: "ipv6header",
      invert: given.invert,
      headers: HEADER_ORDER.filter((name) => named.includes(name)),
      soft: options.has("soft"),
    };
  },
  print(match) {
    const { headers, invert, soft } = match as Ipv6headerMatch;
    return option("header", headers.join(","), invert) + (soft ? " --soft" : "");
  },
};
