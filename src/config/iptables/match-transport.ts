import type { Negatable, Range } from "../../model/address.ts";
import type { MultiportMatch, SctpChunkTest, SctpMatch, TcpMatch, TcpmssMatch, UdpMatch } from "../../model/match.ts";
import type { Word, WordReader } from "../words.ts";
import { type Given, type MatchExtension, type Options, option, optionTable } from "./extension.ts";
import {
  formatRange,
  parseLoosePortRange,
  parseNumberRange,
  parsePort,
  parsePortRange,
  wholeNumber,
} from "./values.ts";

/** Matches on transport headers: xt_tcpudp, xt_multiport, xt_sctp, xt_tcpmss. */

const FLAG_NAMES = ["FIN", "SYN", "RST", "PSH", "ACK", "URG"] as const;
const FLAG_BITS: Readonly<Record<string, number>> = {
  FIN: 1,
  SYN: 2,
  RST: 4,
  PSH: 8,
  ACK: 16,
  URG: 32,
  ALL: 63,
  NONE: 0,
};

/** A port test; the whole range tests nothing and is not kept. */
export function portTest(options: Options, name: string): Negatable<Range> | undefined {
  const given = options.get(name);
  if (!given) return undefined;
  return { value: parseLoosePortRange(options, given), invert: given.invert };
}

export function printPort(name: string, test: Negatable<Range> | undefined): string {
  if (!test || (test.value.from === 0 && test.value.to === 65535)) return "";
  return option(name, formatRange(test.value), test.invert);
}

const BOTH_FLAGS = "Only one of `--syn' or `--tcp-flags'  allowed";

export const tcp: MatchExtension = {
  name: "tcp",
  protocols: [6],
  onRepeat: (name) => (name === "syn" || name === "tcp-flags" ? BOTH_FLAGS : `Only one \`--${name}' allowed`),
  options: optionTable("!sport,source-port:1 !dport,destination-port:1 !tcp-flags:2 !syn:0 !tcp-option:1"),
  parse(options): TcpMatch {
    const optionGiven = options.get("tcp-option");
    return {
      kind: "tcp",
      sourcePort: ordered(options, "sport"),
      destinationPort: ordered(options, "dport"),
      flags: tcpFlags(options),
      option: optionGiven && {
        value: tcpOption(options, optionGiven.values[0]!),
        invert: optionGiven.invert,
      },
    };
  },
  print(match) {
    const { sourcePort, destinationPort, flags, option: number } = match as TcpMatch;
    let text = printPort("sport", sourcePort) + printPort("dport", destinationPort);
    if (number) text += option("tcp-option", number.value, number.invert);
    if (flags && (flags.value.mask || flags.invert))
      text += option("tcp-flags", `${flagList(flags.value.mask)} ${flagList(flags.value.compare)}`, flags.invert);
    return text;
  },
};

export const udp: MatchExtension = {
  name: "udp",
  protocols: [17],
  options: optionTable("!sport,source-port:1 !dport,destination-port:1"),
  parse: (options): UdpMatch => ({
    kind: "udp",
    sourcePort: portTest(options, "sport"),
    destinationPort: portTest(options, "dport"),
  }),
  print: (match) =>
    printPort("sport", (match as UdpMatch).sourcePort) + printPort("dport", (match as UdpMatch).destinationPort),
};

function ordered(options: Options, name: string): Negatable<Range> | undefined {
  const given = options.get(name);
  if (!given) return undefined;
  const value = parsePortRange(options, given);
  if (value.from > value.to) options.reader.fail(given.values[0], "invalid portrange (min > max)");
  return { value, invert: given.invert };
}

function tcpFlags(options: Options): TcpMatch["flags"] {
  if (options.has("syn") && options.has("tcp-flags")) {
    options.reader.fail(options.get("tcp-flags")!.word, BOTH_FLAGS);
  }
  const syn = options.get("syn");
  if (syn) return { value: { mask: 0x17, compare: 0x02 }, invert: syn.invert };
  const given = options.get("tcp-flags");
  if (!given) return undefined;
  const [mask, compare] = given.values;
  return {
    value: { mask: flagBits(options.reader, mask!), compare: flagBits(options.reader, compare!) },
    invert: given.invert,
  };
}

function flagBits(reader: WordReader, word: Word): number {
  let bits = 0;
  for (const name of word.text.split(",")) {
    const bit = FLAG_BITS[name.toUpperCase()];
    if (bit === undefined) reader.fail(word, `Unknown TCP flag \`${name}'`);
    bits |= bit;
  }
  return bits;
}

function tcpOption(options: Options, word: Word): number {
  const number = wholeNumber(word.text);
  if (number && number <= 255) return number;
  return options.reader.fail(word, `Bad TCP option "${word.text}"`);
}

function flagList(bits: number): string {
  if (bits === 0) return "NONE";
  return FLAG_NAMES.filter((name) => bits & FLAG_BITS[name]!).join(",");
}

const MULTIPORT_PROTOCOLS = [6, 17, 136, 132, 33];
const NEEDS_PORTS = "multiport needs `-p tcp', `-p udp', `-p udplite', `-p sctp' or `-p dccp'";

export const multiport: MatchExtension = {
  name: "multiport",
  protocols: MULTIPORT_PROTOCOLS,
  options: optionTable("!sports,source-ports:1 !dports,destination-ports:1 !ports,port:1"),
  parse(options): MultiportMatch {
    options.exclusive("sports", "dports", "ports");
    if (options.protocol === 0) options.reader.fail(undefined, NEEDS_PORTS);
    if (options.isProtocolInverted || !MULTIPORT_PROTOCOLS.includes(options.protocol)) {
      options.reader.fail(undefined, "multiport only works with TCP, UDP, UDPLITE, SCTP and DCCP");
    }
    const given = options.given[0];
    if (!given) return options.reader.fail(undefined, "multiport expection an option");
    const side = given.name === "sports" ? "source" : given.name === "dports" ? "destination" : "either";
    return { kind: "multiport", side, invert: given.invert, ports: portList(options, given.values[0]!) };
  },
  print(match) {
    const { side, invert, ports } = match as MultiportMatch;
    const name = side === "source" ? "sports" : side === "destination" ? "dports" : "ports";
    return option(name, ports.map((range) => formatRange(range)).join(","), invert);
  },
};

function portList(options: Options, word: Word): Range[] {
  let slots = 0;
  const ports = word.text.split(",").map((text) => {
    const colon = text.indexOf(":");
    slots += colon < 0 ? 1 : 2;
    if (colon < 0) {
      const port = parsePort(options, word, text);
      return { from: port, to: port };
    }
    const range = {
      from: parsePort(options, word, text.slice(0, colon)),
      to: parsePort(options, word, text.slice(colon + 1)),
    };
    if (range.from >= range.to) options.reader.fail(word, "invalid portrange specified");
    return range;
  });
  if (slots > 15) options.reader.fail(word, "too many ports specified");
  return ports;
}

const CHUNK_TYPES: Readonly<Record<string, number>> = {
  DATA: 0,
  INIT: 1,
  INIT_ACK: 2,
  SACK: 3,
  HEARTBEAT: 4,
  HEARTBEAT_ACK: 5,
  ABORT: 6,
  SHUTDOWN: 7,
  SHUTDOWN_ACK: 8,
  ERROR: 9,
  COOKIE_ECHO: 10,
  COOKIE_ACK: 11,
  ECN_ECNE: 12,
  ECN_CWR: 13,
  SHUTDOWN_COMPLETE: 14,
  I_DATA: 64,
  RE_CONFIG: 130,
  PAD: 132,
  ASCONF: 193,
  ASCONF_ACK: 128,
  FORWARD_TSN: 192,
  I_FORWARD_TSN: 194,
};
/** Flag letters of DATA and ABORT-like chunks (iptables-extensions(8)). */
const CHUNK_FLAGS: Readonly<Record<string, string>> = {
  DATA: "-----UBE",
  I_DATA: "----IUBE",
  ABORT: "-------T",
  SHUTDOWN_COMPLETE: "-------T",
};

export const sctp: MatchExtension = {
  name: "sctp",
  protocols: [132],
  onRepeat: (name) => `Only one \`--${name}' allowed`,
  options: optionTable("!sport,source-port:1 !dport,destination-port:1 !chunk-types:2"),
  parse(options): SctpMatch {
    const chunks = options.get("chunk-types");
    return {
      kind: "sctp",
      sourcePort: ordered(options, "sport"),
      destinationPort: ordered(options, "dport"),
      chunks: chunks && { value: chunkTest(options.reader, chunks), invert: chunks.invert },
    };
  },
  print(match) {
    const { sourcePort, destinationPort, chunks } = match as SctpMatch;
    // Unlike tcp and udp, a range of all ports is printed.
    let text = sourcePort ? option("sport", formatRange(sourcePort.value), sourcePort.invert) : "";
    if (destinationPort) text += option("dport", formatRange(destinationPort.value), destinationPort.invert);
    if (chunks) text += option("chunk-types", `${chunks.value.mode} ${printChunks(chunks.value.types)}`, chunks.invert);
    return text;
  },
};

function chunkTest(reader: WordReader, given: Given): NonNullable<SctpMatch["chunks"]>["value"] {
  const [mode, list] = given.values;
  const how = mode!.text.toLowerCase();
  if (how !== "all" && how !== "any" && how !== "only") {
    reader.fail(mode, 'Match type has to be one of "ALL", "ANY" or "ONLY"');
  }
  const types = new Map<number, SctpChunkTest>();
  for (const item of list!.text.split(",")) {
    const [name = "", letters = ""] = item.split(":");
    if (name === "ALL" || name === "NONE" || item === "") {
      if (name === "ALL")
        for (const type of Object.values(CHUNK_TYPES)) types.set(type, { type, flagMask: 0, flags: 0 });
      continue;
    }
    const type = CHUNK_TYPES[name];
    if (type === undefined) reader.fail(list, `Unknown sctp chunk \`${name}'`);
    const before = types.get(type) ?? { type, flagMask: 0, flags: 0 };
    types.set(type, withFlags(before, CHUNK_FLAGS[name] ?? "--------", letters));
    if (types.get(type)!.flagMask > 0xff) reader.fail(list, `Invalid flags for chunk type ${type}`);
  }
  return { mode: how, types: [...types.values()].sort((a, b) => a.type - b.type) };
}

/** A type that is named again has the flags of both; a flag that was to be set stays so. An unknown letter is bit 8. */
function withFlags({ type, flagMask, flags }: SctpChunkTest, names: string, letters: string): SctpChunkTest {
  let mask = flagMask;
  let set = flags;
  for (const letter of letters) {
    const bit = 1 << (7 - names.indexOf(letter.toUpperCase()));
    mask |= bit;
    if (letter === letter.toUpperCase()) set |= bit;
  }
  return { type, flagMask: mask, flags: set };
}

function printChunks(types: readonly SctpChunkTest[]): string {
  if (types.length === 0) return "NONE";
  if (types.length === Object.keys(CHUNK_TYPES).length) return "ALL";
  return types
    .map(({ type, flagMask, flags }) => {
      const name = Object.keys(CHUNK_TYPES).find((key) => CHUNK_TYPES[key] === type)!;
      const names = CHUNK_FLAGS[name] ?? "--------";
      let letters = "";
      for (let bit = 7; bit >= 0; bit--) {
        if (!(flagMask & (1 << bit))) continue;
        const letter = names[7 - bit]!;
        letters += flags & (1 << bit) ? letter : letter.toLowerCase();
      }
      return letters ? `${name}:${letters}` : name;
    })
    .join(",");
}

export const tcpmss: MatchExtension = {
  name: "tcpmss",
  protocols: [6],
  options: optionTable("!mss:1"),
  parse(options): TcpmssMatch {
    const given = options.get("mss");
    if (!given) return options.reader.fail(undefined, 'tcpmss: option "--mss" must be specified');
    checkOrder(options, given);
    return { kind: "tcpmss", mss: { value: parseNumberRange(options, given, 65535), invert: given.invert } };
  },
  print: (match) => option("mss", formatRange((match as TcpmssMatch).mss.value), (match as TcpmssMatch).mss.invert),
};

function checkOrder(options: Options, given: Given): void {
  const { from, to } = parseNumberRange(options, given, 65535);
  if (from > to) options.fail(given.values[0], "invalid range given");
}
