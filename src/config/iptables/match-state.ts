import type { Negatable, Prefix } from "../../model/address.ts";
import type {
  ConnbytesMatch,
  ConnlimitMatch,
  ConntrackMatch,
  ConntrackState,
  ConntrackStatus,
  IpvsMatch,
  MarkMatch,
  StateMatch,
} from "../../model/match.ts";
import type { Word } from "../words.ts";
import { type Given, type MatchExtension, type Options, option, optionTable } from "./extension.ts";
import { portTest } from "./match-transport.ts";
import {
  formatHostOrPrefix,
  formatMasked,
  formatRange,
  parseHostUnderMask,
  parseMasked,
  parseNumber,
  parseNumberRange,
  parsePort,
  parseProtocol,
  wholeNumber,
} from "./values.ts";

/** Matches on what the kernel knows of a connection: xt_conntrack, xt_state, xt_mark, xt_connmark, xt_connbytes, xt_ipvs. */

const UINT64_MAX = 18446744073709551615n;
const STATES: readonly ConntrackState[] = ["INVALID", "NEW", "RELATED", "ESTABLISHED", "UNTRACKED", "SNAT", "DNAT"];
const STATUSES: readonly ConntrackStatus[] = ["NONE", "EXPECTED", "SEEN_REPLY", "ASSURED", "CONFIRMED"];

export const conntrack: MatchExtension = {
  name: "conntrack",
  options: optionTable(
    "!ctstate:1 !ctproto:1 !ctorigsrc:1 !ctorigdst:1 !ctreplsrc:1 !ctrepldst:1 !ctorigsrcport:1 !ctorigdstport:1 !ctreplsrcport:1 !ctrepldstport:1 !ctstatus:1 !ctexpire:1 ctdir:1",
  ),
  parse(options): ConntrackMatch {
    const { reader } = options;
    if (options.given.length === 0) reader.fail(undefined, "conntrack: At least one option is required");
    const protocol = options.get("ctproto");
    const expire = options.get("ctexpire");
    const direction = options.get("ctdir");
    return {
      kind: "conntrack",
      state: nameList(options, "ctstate", STATES, 'Bad ctstate "X"'),
      protocol: protocol && { value: parseProtocol(reader, protocol.values[0]!), invert: protocol.invert },
      originalSource: prefixTest(options, "ctorigsrc"),
      originalDestination: prefixTest(options, "ctorigdst"),
      replySource: prefixTest(options, "ctreplsrc"),
      replyDestination: prefixTest(options, "ctrepldst"),
      originalSourcePort: portTest(options, "ctorigsrcport"),
      originalDestinationPort: portTest(options, "ctorigdstport"),
      replySourcePort: portTest(options, "ctreplsrcport"),
      replyDestinationPort: portTest(options, "ctrepldstport"),
      status: nameList(options, "ctstatus", STATUSES, 'Bad ctstatus "X"'),
      expire: expire && { value: parseNumberRange(options, expire, 0xffffffff), invert: expire.invert },
      direction: direction && ctDirection(options, direction),
    };
  },
  print(match) {
    const m = match as ConntrackMatch;
    let text = "";
    if (m.state) text += option("ctstate", m.state.value.join(","), m.state.invert);
    if (m.protocol) text += option("ctproto", m.protocol.value, m.protocol.invert);
    text += printPrefix("ctorigsrc", m.originalSource) + printPrefix("ctorigdst", m.originalDestination);
    text += printPrefix("ctreplsrc", m.replySource) + printPrefix("ctrepldst", m.replyDestination);
    for (const [name, test] of [
      ["ctorigsrcport", m.originalSourcePort],
      ["ctorigdstport", m.originalDestinationPort],
      ["ctreplsrcport", m.replySourcePort],
      ["ctrepldstport", m.replyDestinationPort],
    ] as const) {
      if (test) text += option(name, formatRange(test.value), test.invert);
    }
    if (m.status) text += option("ctstatus", m.status.value.join(","), m.status.invert);
    if (m.expire) text += option("ctexpire", formatRange(m.expire.value), m.expire.invert);
    if (m.direction) text += option("ctdir", m.direction);
    return text;
  },
};

export const state: MatchExtension = {
  name: "state",
  options: optionTable("!state:1"),
  parse(options): StateMatch {
    options.required("state");
    return { kind: "state", state: nameList(options, "state", STATES.slice(0, 5), 'Bad state "X"')! };
  },
  print: (match) => option("state", (match as StateMatch).state.value.join(","), (match as StateMatch).state.invert),
};

/** A comma list of names; names may be cut short, case does not matter; kept in the tool's own order. */
function nameList<T extends string>(
  options: Options,
  name: string,
  names: readonly T[],
  complaint: string,
): Negatable<readonly T[]> | undefined {
  const given = options.get(name);
  if (!given) return undefined;
  const word = given.values[0]!;
  const found = new Set<T>();
  for (const text of word.text.split(",")) {
    const match = text === "" ? undefined : names.find((known) => known.startsWith(text.toUpperCase()));
    if (!match) options.reader.fail(word, complaint.replace("X", text));
    found.add(match);
  }
  return { value: names.filter((known) => found.has(known)), invert: given.invert };
}

function prefixTest(options: Options, name: string): Negatable<Prefix> | undefined {
  const given = options.get(name);
  if (!given) return undefined;
  const word = given.values[0]!;
  const complaint = () => badMask(options, given);
  return {
    value: parseHostUnderMask(options.reader, word, word.text, options.family, complaint),
    invert: given.invert,
  };
}

function badMask({ extension, family }: Options, { name }: Given): string {
  const bits = family === 4 ? 32 : 128;
  return `${extension}: bad value for option "--${name}", neither a valid network mask nor valid CIDR (0-${bits}).`;
}

function printPrefix(name: string, test: Negatable<Prefix> | undefined): string {
  return test ? option(name, formatHostOrPrefix(test.value), test.invert) : "";
}

function ctDirection(options: Options, given: Given): "ORIGINAL" | "REPLY" {
  const text = given.values[0]!.text.toUpperCase();
  if (text === "ORIGINAL" || text === "REPLY") return text;
  return options.fail(given.values[0], `Bad value for "--ctdir" option: "${given.values[0]!.text}"`);
}

export const mark = markExtension("mark");
export const connmark = markExtension("connmark");

function markExtension(name: "mark" | "connmark"): MatchExtension {
  return {
    name,
    options: optionTable("!mark:1"),
    parse(options): MarkMatch {
      const given = options.required("mark");
      return { kind: name, invert: given.invert, ...parseMasked(options, given) };
    },
    print(match) {
      const { invert, value, mask } = match as MarkMatch;
      return option("mark", formatMasked(value, mask), invert);
    },
  };
}

export const connbytes: MatchExtension = {
  name: "connbytes",
  options: optionTable("!connbytes:1 connbytes-dir:1 connbytes-mode:1"),
  parse(options): ConnbytesMatch {
    const range = options.required("connbytes");
    const word = range.values[0]!;
    const { from, to } = parseWideRange(options, word);
    const direction = options.required("connbytes-dir").values[0]!;
    const mode = options.required("connbytes-mode").values[0]!;
    if (direction.text !== "original" && direction.text !== "reply" && direction.text !== "both") {
      return options.reader.fail(direction, `Unknown --connbytes-dir \`${direction.text}'`);
    }
    if (mode.text !== "packets" && mode.text !== "bytes" && mode.text !== "avgpkt") {
      return options.reader.fail(mode, `Unknown --connbytes-mode \`${mode.text}'`);
    }
    if (from > to) options.reader.fail(word, `${from} should be less than ${to}`);
    return {
      kind: "connbytes",
      invert: range.invert,
      from,
      to,
      direction: direction.text,
      mode: mode.text,
    };
  },
  print(match) {
    const m = match as ConnbytesMatch;
    const range = m.to === UINT64_MAX ? String(m.from) : `${m.from}:${m.to}`;
    return (
      option("connbytes", range, m.invert) + option("connbytes-mode", m.mode) + option("connbytes-dir", m.direction)
    );
  },
};

/** As parseNumberRange, of 64 bits; the end may be left out. */
function parseWideRange(options: Options, word: Word): { readonly from: bigint; readonly to: bigint } {
  const values: bigint[] = [];
  for (let text: string | undefined = word.text; text !== undefined; ) {
    if (values.length === 2) options.fail(word, 'Too many components for option "--connbytes" (max: 2)');
    const found: RegExpExecArray | null = /^\s*\+?(0x[0-9a-f]+|[0-9]+)?/i.exec(text);
    const isLeftOut: boolean = text === "" || text.startsWith(":");
    const value = isLeftOut ? BigInt(values.length) * UINT64_MAX : BigInt(found?.[1] ?? -1);
    if (value < 0n || value > UINT64_MAX) {
      options.fail(word, `bad value for option "--connbytes" near "${text}", or out of range (0-${UINT64_MAX}).`);
    }
    const rest: string = isLeftOut ? text : text.slice(found![0].length);
    if (rest !== "" && !rest.startsWith(":")) {
      options.fail(word, `Argument to "--connbytes" has unexpected characters near "${rest}".`);
    }
    values.push(value);
    text = rest === "" ? undefined : rest.slice(1);
  }
  return { from: values[0]!, to: values[1] ?? UINT64_MAX };
}

export const connlimit: MatchExtension = {
  name: "connlimit",
  options: optionTable("!connlimit-upto:1 !connlimit-above:1 connlimit-mask:1 connlimit-saddr:0 connlimit-daddr:0"),
  parse(options): ConnlimitMatch {
    options.exclusive("connlimit-above", "connlimit-upto");
    options.exclusive("connlimit-saddr", "connlimit-daddr");
    const above = options.get("connlimit-above");
    const upto = options.get("connlimit-upto");
    const given = above ?? upto;
    if (!given) return options.reader.fail(undefined, 'You must specify "--connlimit-above" or "--connlimit-upto".');
    const mask = options.get("connlimit-mask");
    const bits = options.family === 4 ? 32 : 128;
    return {
      kind: "connlimit",
      limit: parseNumber(options, given, 0xffffffff),
      upto: (given === upto) !== given.invert,
      mask: mask ? connlimitMask(options, mask, bits) : bits,
      side: options.get("connlimit-daddr") ? "destination" : "source",
    };
  },
  print(match) {
    const { limit, upto, mask, side } = match as ConnlimitMatch;
    const tail = option("connlimit-mask", mask) + (side === "source" ? " --connlimit-saddr" : " --connlimit-daddr");
    return option(upto ? "connlimit-upto" : "connlimit-above", limit) + tail;
  },
};

function connlimitMask(options: Options, given: Given, bits: number): number {
  const length = wholeNumber(given.values[0]!.text);
  if (length === undefined || length > 128) options.reader.fail(given.values[0], badMask(options, given));
  return Math.min(bits, length);
}

export const ipvs: MatchExtension = {
  name: "ipvs",
  options: optionTable("!ipvs:0 !vproto:1 !vaddr:1 !vport:1 vdir:1 !vmethod:1 !vportctl:1"),
  parse(options): IpvsMatch {
    const { reader } = options;
    if (options.given.length === 0) reader.fail(undefined, "ipvs: At least one option is required");
    const value = <T>(name: string, read: (given: Given) => T): Negatable<T> | undefined => {
      const given = options.get(name);
      return given && { value: read(given), invert: given.invert };
    };
    return {
      kind: "ipvs",
      property: value("ipvs", () => true as const),
      protocol: value("vproto", (given) => parseProtocol(reader, given.values[0]!)),
      address: value("vaddr", (given) =>
        parseHostUnderMask(reader, given.values[0]!, given.values[0]!.text, options.family),
      ),
      port: value("vport", (given) => parsePort(options, given.values[0]!, given.values[0]!.text)),
      direction: value("vdir", (given) => ctDirection(options, given)),
      method: value("vmethod", (given) => ipvsMethod(options, given)),
      controlPort: value("vportctl", (given) => parsePort(options, given.values[0]!, given.values[0]!.text)),
    };
  },
  print(match) {
    const m = match as IpvsMatch;
    let text = "";
    if (m.property) text += `${m.property.invert ? " !" : ""} --ipvs`;
    if (m.protocol) text += option("vproto", m.protocol.value, m.protocol.invert);
    if (m.address) text += option("vaddr", formatHostOrPrefix(m.address.value), m.address.invert);
    if (m.port) text += option("vport", m.port.value, m.port.invert);
    if (m.direction) text += option("vdir", m.direction.value, m.direction.invert);
    if (m.method) text += option("vmethod", m.method.value, m.method.invert);
    if (m.controlPort) text += option("vportctl", m.controlPort.value, m.controlPort.invert);
    return text;
  },
};

function ipvsMethod(options: Options, given: Given): "GATE" | "IPIP" | "MASQ" {
  const text = given.values[0]!.text.toUpperCase();
  if (text === "GATE" || text === "IPIP" || text === "MASQ") return text;
  return options.reader.fail(
    given.values[0],
    `bad value for --vmethod: "${given.values[0]!.text}" (GATE, IPIP or MASQ)`,
  );
}
