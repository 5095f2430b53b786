import type {
  CtTarget,
  LogTarget,
  NflogTarget,
  NfqueueTarget,
  NotrackTarget,
  SetOperation,
  SetTarget,
  TproxyTarget,
} from "../../model/target.ts";
import { formatAddress } from "../address.ts";
import type { Word } from "../words.ts";
import {
  flag,
  type Given,
  type HookLimits,
  hookLimits,
  type Options,
  option,
  optionTable,
  type TargetExtension,
} from "./extension.ts";
import { setDirections, setName } from "./match-set.ts";
import { cutBytes, hex, parseHost, parseMasked, parseNumber, quote, wholeNumber } from "./values.ts";

/** Targets that act beside the packet: xt_LOG, xt_set, xt_CT, xt_NFLOG, xt_NFQUEUE, xt_TPROXY. */

const LOG_LEVELS = new Map(
  ["emerg", "alert", "crit", "error", "warning", "notice", "info", "debug"].map((name, level) => [name, level]),
).set("panic", 0);

export const log: TargetExtension = {
  name: "LOG",
  options: optionTable(
    "!log-level:1 log-prefix:1 log-tcp-sequence:0 log-tcp-options:0 log-ip-options:0 log-uid:0 log-macdecode:0",
  ),
  parse(options): LogTarget {
    return {
      kind: "LOG",
      level: logLevel(options),
      prefix: logPrefix(options, "log-prefix", 29),
      tcpSequence: options.has("log-tcp-sequence"),
      tcpOptions: options.has("log-tcp-options"),
      ipOptions: options.has("log-ip-options"),
      uid: options.has("log-uid"),
      macDecode: options.has("log-macdecode"),
    };
  },
  print(target) {
    const m = target as LogTarget;
    let text = m.prefix === "" ? "" : option("log-prefix", quote(m.prefix));
    if (m.level !== 4) text += option("log-level", m.level);
    if (m.tcpSequence) text += flag("log-tcp-sequence");
    if (m.tcpOptions) text += flag("log-tcp-options");
    if (m.ipOptions) text += flag("log-ip-options");
    if (m.uid) text += flag("log-uid");
    return m.macDecode ? text + flag("log-macdecode") : text;
  },
};

function logLevel(options: Options): number {
  const word = options.get("log-level")?.values[0];
  if (!word) return 4;
  const level = wholeNumber(word.text) ?? LOG_LEVELS.get(word.text);
  if (level === undefined || level > 7) return options.reader.fail(word, `log level "${word.text}" unknown`);
  return level;
}

function logPrefix(options: Options, name: string, bytes: number): string {
  const word = options.get(name)?.values[0];
  if (!word) return "";
  if (word.text === "") options.reader.fail(word, "Argument must have a minimum length of 1 characters");
  if (word.text.includes("\n")) options.reader.fail(word, `Newlines not allowed in --${name}`);
  return cutBytes(word.text, bytes);
}

export const set: TargetExtension = {
  name: "SET",
  onRepeat: (name) => `--${name} can be specified only once`,
  hooks: (target) => mapHooks(target as SetTarget),
  options: optionTable("add-set:2 del-set:2 map-set:2 *!exist:0 *!timeout:1 *!map-mark:0 *!map-prio:0 *!map-queue:0"),
  parse(options): SetTarget {
    const operation = (name: string): SetOperation | undefined => {
      const given = options.get(name);
      if (!given) return undefined;
      const [set, directions] = given.values;
      return { set: setName(options.reader, set!), directions: setDirections(options.reader, directions!) };
    };
    const timeout = options.get("timeout");
    const target: SetTarget = {
      kind: "SET",
      add: operation("add-set"),
      delete: operation("del-set"),
      map: operation("map-set"),
      exist: options.has("exist"),
      timeout: timeout && parseNumber(options, timeout, 0xfffffffe),
      mapMark: options.has("map-mark"),
      mapPriority: options.has("map-prio"),
      mapQueue: options.has("map-queue"),
    };
    checkSetTarget(options, target);
    return target;
  },
  print(target) {
    const m = target as SetTarget;
    const operation = (name: string, of: SetOperation | undefined) =>
      of ? option(name, `${of.set} ${of.directions.join(",")}`) : "";
    let text = operation("add-set", m.add);
    if (m.add && m.exist) text += flag("exist");
    if (m.add && m.timeout !== undefined) text += option("timeout", m.timeout);
    text += operation("del-set", m.delete) + operation("map-set", m.map);
    if (m.mapMark) text += flag("map-mark");
    if (m.mapPriority) text += flag("map-prio");
    return m.mapQueue ? text + flag("map-queue") : text;
  },
};

/** Mapping belongs into mangle; priority and queue can be set only of what goes out. */
function mapHooks(target: SetTarget): HookLimits | undefined {
  if (!target.map) return undefined;
  return hookLimits(target.mapPriority || target.mapQueue ? "mangle: FWD OUT POST" : "mangle");
}

function checkSetTarget(options: Options, target: SetTarget): void {
  if (!target.add && !target.delete && !target.map) {
    options.reader.fail(undefined, "You must specify either `--add-set' or `--del-set' or `--map-set'");
  }
  if (target.map && !target.mapMark && !target.mapPriority && !target.mapQueue) {
    const word = options.get("map-set")?.word;
    options.reader.fail(word, "You must specify flags `--map-mark' or '--map-prio` or `--map-queue'");
  }
}

export const notrack: TargetExtension = {
  name: "NOTRACK",
  hooks: hookLimits("raw"),
  options: optionTable(""),
  parse: (): NotrackTarget => ({ kind: "NOTRACK" }),
  print: () => "",
};

const CT_EVENTS = ["new", "related", "destroy", "reply", "assured", "protoinfo", "helper", "mark"];
const EXPECT_EVENTS = ["new"];

export const ct: TargetExtension = {
  name: "CT",
  hooks: hookLimits("raw"),
  options: optionTable("notrack:0 helper:1 timeout:1 ctevents:1 expevents:1 zone:1 zone-orig:1 zone-reply:1"),
  parse(options): CtTarget {
    const zone = ["zone", "zone-orig", "zone-reply"].map((name) => options.get(name)).find((given) => given);
    return {
      kind: "CT",
      notrack: options.has("notrack"),
      zone: zone && zoneId(options, zone),
      zoneDirection: zone && (zone.name === "zone" ? "both" : zone.name === "zone-orig" ? "orig" : "reply"),
      helper: helperName(options),
      timeoutPolicy: options.get("timeout")?.values[0]?.text,
      events: eventList(options, "ctevents", CT_EVENTS),
      expectEvents: eventList(options, "expevents", EXPECT_EVENTS),
    };
  },
  print(target) {
    const m = target as CtTarget;
    let text = m.notrack ? flag("notrack") : "";
    if (m.helper !== undefined) text += option("helper", m.helper);
    if (m.timeoutPolicy !== undefined) text += option("timeout", m.timeoutPolicy);
    if (m.events) text += option("ctevents", m.events.join(","));
    if (m.expectEvents) text += option("expevents", m.expectEvents.join(","));
    if (m.zone === undefined || m.zone === 0) return text;
    return text + option(m.zoneDirection === "both" ? "zone" : `zone-${m.zoneDirection}`, m.zone);
  },
};

/** The helpers of Linux; the kernel loads no other. */
const HELPERS = "amanda ftp irc netbios-ns pptp Q.931 RAS H.245 sane sip snmp snmp_trap tftp".split(" ");

function helperName(options: Options): string | undefined {
  const word = options.get("helper")?.values[0];
  if (word && !HELPERS.some((name) => word.text === name || word.text.startsWith(`${name}-`))) {
    options.fail(word, `No chain/target/match by that name: there is no helper \`${word.text}'`);
  }
  if (word) checkHelperProtocol(options, word);
  return word?.text;
}

/** A helper is one of a family and a protocol, which the rule has to name (xt_ct_set_helper). */
function checkHelperProtocol(options: Options, word: Word): void {
  const protocol = HELPER_PROTOCOLS.get(word.text);
  if (options.protocol === 0 || options.isProtocolInverted) {
    options.fail(word, "No chain/target/match by that name: a helper needs the protocol (-p), not inverted");
  }
  if (protocol !== undefined && protocol !== options.protocol) {
    options.fail(word, `No chain/target/match by that name: \`${word.text}' is a helper of another protocol`);
  }
}

const HELPER_PROTOCOLS: ReadonlyMap<string, number> = new Map([
  ["ftp", 6],
  ["tftp", 17],
]);

function zoneId(options: Options, given: Given): number | "mark" {
  const word = given.values[0]!;
  if (word.text === "mark") return "mark";
  const zone = wholeNumber(word.text);
  if (zone === undefined || zone > 65535) return options.reader.fail(word, `Cannot parse ${word.text} as a zone ID`);
  return zone;
}

function eventList(options: Options, name: string, known: readonly string[]): string[] | undefined {
  const word = options.get(name)?.values[0];
  if (!word) return undefined;
  const named = word.text.split(",");
  for (const event of named) {
    if (!known.includes(event)) options.reader.fail(word, `Unknown event type "${event}"`);
  }
  return known.filter((event) => named.includes(event));
}

export const nflog: TargetExtension = {
  name: "NFLOG",
  options: optionTable("nflog-group:1 nflog-prefix:1 nflog-range:1 nflog-size:1 nflog-threshold:1"),
  parse(options): NflogTarget {
    const number = (name: string, max: number): number | undefined => {
      const given = options.get(name);
      return given && parseNumber(options, given, max);
    };
    return {
      kind: "NFLOG",
      group: number("nflog-group", 65535) ?? 0,
      prefix: logPrefix(options, "nflog-prefix", 63),
      range: number("nflog-range", 0xffffffff),
      size: number("nflog-size", 0xffffffff),
      threshold: number("nflog-threshold", 65535) ?? 0,
    };
  },
  print(target) {
    const m = target as NflogTarget;
    let text = m.prefix === "" ? "" : option("nflog-prefix", quote(m.prefix));
    if (m.group) text += option("nflog-group", m.group);
    if (m.size !== undefined) text += option("nflog-size", m.size);
    else if (m.range) text += option("nflog-range", m.range);
    return m.threshold === 0 ? text : text + option("nflog-threshold", m.threshold);
  },
};

export const nfqueue: TargetExtension = {
  name: "NFQUEUE",
  options: optionTable("queue-num:1 queue-balance:1 queue-bypass:0 queue-cpu-fanout:0"),
  parse(options): NfqueueTarget {
    options.exclusive("queue-num", "queue-balance");
    const balance = options.get("queue-balance");
    const cpuFanout = options.has("queue-cpu-fanout");
    if (cpuFanout && !balance)
      options.fail(
        options.get("queue-cpu-fanout")!.word,
        'option "--queue-cpu-fanout" also requires "--queue-balance".',
      );
    const bypass = options.has("queue-bypass");
    if (balance) return { kind: "NFQUEUE", ...queueRange(options, balance), bypass, cpuFanout };
    const given = options.get("queue-num");
    const queue = given ? parseNumber(options, given, 65535) : 0;
    return { kind: "NFQUEUE", from: queue, to: queue, bypass, cpuFanout };
  },
  print(target) {
    const { from, to, bypass, cpuFanout } = target as NfqueueTarget;
    let text = from === to ? option("queue-num", from) : option("queue-balance", `${from}:${to}`);
    if (bypass) text += flag("queue-bypass");
    return cpuFanout ? text + flag("queue-cpu-fanout") : text;
  },
};

function queueRange(options: Options, given: Given): { from: number; to: number } {
  const word = given.values[0]!;
  const [first = "", second] = word.text.split(":");
  const from = first === "" && second !== undefined ? 0 : wholeNumber(first);
  const to = second === undefined ? from : second === "" ? 65535 : wholeNumber(second);
  if (from === undefined || to === undefined || from > 65535 || to > 65535) {
    return options.fail(word, `bad value for option "--queue-balance" near "${word.text}", or out of range (0-65535).`);
  }
  if (from === 0 && to === 65535) options.fail(word, "Invalid argument: more than 65535 queues");
  if (from >= to) options.fail(word, `Bad value for "--queue-balance" option: "${word.text}"`);
  return { from, to };
}

export const tproxy: TargetExtension = {
  name: "TPROXY",
  protocols: [6, 17],
  hooks: hookLimits("mangle: PRE"),
  options: optionTable("on-port:1 on-ip:1 tproxy-mark:1"),
  parse(options): TproxyTarget {
    const ip = options.get("on-ip");
    const mark = options.get("tproxy-mark");
    const { value, mask } = mark ? parseMasked(options, mark) : { value: 0, mask: 0 };
    return {
      kind: "TPROXY",
      port: portOf(options),
      address: ip ? parseHost(options, ip) : new Uint8Array(options.family === 4 ? 4 : 16),
      mark: value,
      markMask: mask,
    };
  },
  print(target) {
    const { port, address, mark, markMask } = target as TproxyTarget;
    const words = option("on-port", port) + option("on-ip", formatAddress(address));
    return words + option("tproxy-mark", `${hex(mark)}/${hex(markMask)}`);
  },
};

/** Decimal: the tool asks the resolver for anything else. */
function portOf(options: Options): number {
  const given = options.required("on-port");
  const { text } = given.values[0]!;
  if (/^0x/i.test(text)) options.reader.fail(given.values[0], `Port "${text}" does not resolve to anything.`);
  return parseNumber(options, given, 65535);
}
