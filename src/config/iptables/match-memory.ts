import type { Address, Family } from "../../model/address.ts";
import type { NfacctMatch, QuotaMatch, RecentMatch, StatisticMatch } from "../../model/match.ts";
import { formatAddress, maskOf, parseAddress } from "../address.ts";
import type { WordReader } from "../words.ts";
import { type Given, type MatchExtension, option, optionTable } from "./extension.ts";
import { cutBytes, parseNumber, wholeAddress } from "./values.ts";

/** Matches that count or remember packets: xt_statistic, xt_recent, xt_quota, xt_nfacct. */

export const statistic: MatchExtension = {
  name: "statistic",
  options: optionTable("mode:1 !probability:1 !every:1 packet:1"),
  parse(options): StatisticMatch {
    const mode = options.get("mode")?.values[0];
    options.exclusive("probability", "every");
    options.exclusive("probability", "packet");
    if (mode === undefined || mode.text === "random") {
      const given = options.get("probability");
      if (!given) return options.reader.fail(mode, "--probability must be specified when using random mode");
      options.required("mode");
      const share = Number(given.values[0]!.text);
      if (given.values[0]!.text === "" || !(share >= 0 && share <= 1)) {
        options.fail(given.values[0], 'bad value for option "--probability", or out of range (0-1).');
      }
      // lround(0x80000000 * share), as libxt_statistic.c does.
      return {
        kind: "statistic",
        mode: "random",
        invert: given.invert,
        probability: Math.round(0x80000000 * share),
        every: 0,
        packet: 0,
      };
    }
    if (mode.text !== "nth") return options.reader.fail(mode, `Bad mode "${mode.text}"`);
    const every = options.get("every");
    const packet = options.get("packet");
    if (!every) return options.reader.fail(mode, "--every must be specified when using nth mode");
    if (!packet) return options.reader.fail(mode, "--packet must be specified when using nth mode");
    const n = parseNumber(options, every, 0xffffffff, 1);
    return {
      kind: "statistic",
      mode: "nth",
      invert: every.invert,
      probability: 0,
      every: n,
      packet: parseNumber(options, packet, n - 1),
    };
  },
  print(match) {
    const { mode, invert, probability, every, packet } = match as StatisticMatch;
    if (mode === "random")
      return option("mode", "random") + option("probability", (probability / 0x80000000).toFixed(11), invert);
    return option("mode", "nth") + option("every", every, invert) + option("packet", packet);
  },
};

export const recent: MatchExtension = {
  name: "recent",
  options: optionTable(
    "!set:0 !rcheck:0 !update:0 !remove:0 seconds:1 hitcount:1 reap:0 rttl:0 name:1 mask:1 rsource:0 rdest:0",
  ),
  parse(options): RecentMatch {
    const { reader, family } = options;
    const actions = options.given.filter(({ name }) => ["set", "rcheck", "update", "remove"].includes(name));
    const action = actions[0];
    if (!action || actions.length > 1) {
      return reader.fail(action?.word, "recent: you must specify one of `--set', `--rcheck' `--update' or `--remove'");
    }
    if (action.name === "set" || action.name === "remove") options.exclusive(action.name, "rttl");
    const seconds = options.get("seconds");
    const hitcount = options.get("hitcount");
    const reap = options.has("reap");
    if (reap && !seconds) reader.fail(options.get("reap")!.word, "recent: you must specify `--seconds' with `--reap'");
    if (action.name === "set" && (seconds || hitcount)) {
      options.fail(action.word, "Invalid argument: --set takes neither --seconds nor --hitcount");
    }
    const name = options.get("name");
    if (name && /^$|\//.test(name.values[0]!.text)) {
      options.fail(name.values[0], "Invalid argument: the name must not be empty or hold a slash");
    }
    return {
      kind: "recent",
      invert: action.invert,
      action: action.name as RecentMatch["action"],
      seconds: seconds ? parseNumber(options, seconds, 0xffffffff, 1) : 0,
      hitcount: hitcount ? parseNumber(options, hitcount, 65535) : 0,
      reap,
      ttl: options.has("rttl"),
      name: cutBytes(options.get("name")?.values[0]?.text ?? "DEFAULT", 199),
      mask: recentMask(reader, family, options.get("mask")),
      side: options.get("rdest") ? "destination" : "source",
    };
  },
  print(match) {
    const m = match as RecentMatch;
    let text = `${m.invert ? " !" : ""} --${m.action}`;
    if (m.seconds) text += option("seconds", m.seconds);
    if (m.reap) text += " --reap";
    if (m.hitcount) text += option("hitcount", m.hitcount);
    if (m.ttl) text += " --rttl";
    return `${text}${option("name", m.name)}${option("mask", formatAddress(m.mask))} --r${m.side === "source" ? "source" : "dest"}`;
  },
};

function recentMask(reader: WordReader, family: Family, given: Given | undefined): Address {
  if (!given) return maskOf(family, family === 4 ? 32 : 128);
  const { text } = given.values[0]!;
  const mask = parseAddress(text) ?? (family === 4 && /^[0-9]+$/.test(text) ? wholeAddress(Number(text)) : undefined);
  if (mask?.length !== (family === 4 ? 4 : 16)) return reader.fail(given.values[0], "Invalid --mask");
  return mask;
}

export const quota: MatchExtension = {
  name: "quota",
  options: optionTable("!quota:1"),
  parse(options): QuotaMatch {
    const given = options.required("quota");
    const text = given.values[0]!.text;
    if (!/^(?:[0-9]{1,20}|0x[0-9a-f]{1,16})$/i.test(text) || BigInt(text) > 18446744073709551615n) {
      options.fail(given.values[0], 'bad value for option "--quota", or out of range (0-18446744073709551615).');
    }
    return { kind: "quota", invert: given.invert, quota: BigInt(text) };
  },
  print: (match) => option("quota", String((match as QuotaMatch).quota), (match as QuotaMatch).invert),
};

export const nfacct: MatchExtension = {
  name: "nfacct",
  options: optionTable("+nfacct-name:1"),
  parse(options): NfacctMatch {
    const word = options.required("nfacct-name").values[0]!;
    if (word.text === "") options.fail(word, "Argument must have a minimum length of 1 characters");
    return { kind: "nfacct", name: cutBytes(word.text, 31) };
  },
  // Two blanks, as iptables 1.8.9 prints it.
  print: (match) => option("nfacct-name", ` ${(match as NfacctMatch).name}`),
};
