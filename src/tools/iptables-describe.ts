import { formatAddress } from "../config/address.ts";
import { serviceName } from "../config/iptables/names.ts";
import { printMatch, printTarget } from "../config/iptables/print.ts";
import type { Family, Negatable, Range } from "../model/address.ts";
import type { Match } from "../model/match.ts";
import type { LogTarget, NatTarget, Target } from "../model/target.ts";

/**
 * Matches and targets in the words of a listing (`iptables -L`), which are not those of a rule. Extensions that have no
 * words of their own here are shown with their options.
 */

export function describeMatch(match: Match, family: Family, numeric: boolean): string {
  switch (match.kind) {
    case "tcp":
    case "udp": {
      const service = (port: number) =>
        numeric ? String(port) : (serviceName(port, match.kind === "tcp" ? 6 : 17) ?? String(port));
      let text: string = match.kind;
      text += portText("spt", match.sourcePort, service) + portText("dpt", match.destinationPort, service);
      if (match.kind === "udp") return text;
      if (match.option) text += ` option=${match.option.invert ? "!" : ""}${match.option.value}`;
      if (!match.flags) return text;
      const { mask, compare } = match.flags.value;
      return `${text} flags:${match.flags.invert ? "!" : ""}0x${hex2(mask)}/0x${hex2(compare)}`;
    }
    case "icmp":
    case "icmp6":
      return describeIcmp(match, family, numeric);
    case "comment":
      return `/* ${match.text} */`;
    case "state":
      return `${match.state.invert ? "! " : ""}state ${match.state.value.join(",")}`;
    case "mark":
      return `mark match ${match.invert ? "! " : ""}${maskedText(match.value, match.mask)}`;
    case "connmark":
      return `connmark match ${match.invert ? "! " : ""}${maskedText(match.value, match.mask)}`;
    case "limit":
    case "statistic":
    case "conntrack":
    case "multiport":
    case "set":
    case "addrtype":
      return describeByOptions(match, family);
  }
  return printMatch(match, family).replace(/^ -m /, "").replace(/ --/g, " ");
}

/** Words of the rule's own options, a little changed. */
function describeByOptions(match: Match, family: Family): string {
  const options = printMatch(match, family).replace(/^ -m \S+ /, "");
  switch (match.kind) {
    case "limit": {
      const [, rate] = /--limit (\S+)/.exec(options)!;
      return `limit: avg ${rate} burst ${match.burst}`;
    }
    case "statistic":
      return `statistic ${options.replace(/--/g, "")}`;
    case "multiport":
      return `multiport ${options.replace(/^(! )?--(\S+) /, "$2 $1")}`;
    case "addrtype":
      return `ADDRTYPE match ${options.replace(/--limit-iface-/g, "limit-").replace(/(! )?--(\S+)-type /g, "$2-type $1")}`;
    default:
      return options.replace(/--/g, "");
  }
}

function portText(name: string, test: Negatable<Range> | undefined, service: (port: number) => string): string {
  if (!test || (test.value.from === 0 && test.value.to === 65535)) return "";
  const { from, to } = test.value;
  const sign = test.invert ? "!" : "";
  return from === to ? ` ${name}:${sign}${service(from)}` : ` ${name}s:${sign}${service(from)}:${service(to)}`;
}

function hex2(value: number): string {
  return value.toString(16).toUpperCase().padStart(2, "0");
}

function maskedText(value: number, mask: number): string {
  return mask === 0xffffffff ? `0x${value.toString(16)}` : `0x${value.toString(16)}/0x${mask.toString(16)}`;
}

function describeIcmp(match: Extract<Match, { kind: "icmp" | "icmp6" }>, family: Family, numeric: boolean): string {
  const { type, code, invert } = match;
  const word = match.kind === "icmp" ? "icmp" : "ipv6-icmp";
  if (!numeric && !invert && type === 8 && family === 4) return "icmp echo-request";
  if (match.kind === "icmp" && type === 255) return `${word}type any`;
  const codes =
    code.from === 0 && code.to === 255 ? "" : ` code ${code.from === code.to ? code.from : `${code.from}-${code.to}`}`;
  return `${invert ? "!" : ""}${word}type ${type}${codes}`;
}

export function describeTarget(target: Target, family: Family, numeric: boolean): string {
  switch (target.kind) {
    case "jump":
    case "goto":
    case "ACCEPT":
    case "DROP":
    case "RETURN":
    case "QUEUE":
    case "IPVS":
      return "";
    case "REJECT":
      return `reject-with ${target.with}`;
    case "LOG":
      return describeLog(target, numeric);
    case "DNAT":
    case "SNAT":
      return describeNat(target, family);
    case "MASQUERADE":
    case "REDIRECT": {
      const ports =
        target.ports &&
        (target.ports.from === target.ports.to ? `${target.ports.from}` : `${target.ports.from}-${target.ports.to}`);
      const words = target.kind === "REDIRECT" ? "redir ports" : "masq ports:";
      return [ports && `${words} ${ports}`, target.random && "random", target.randomFully && "random-fully"]
        .filter((part) => part)
        .join(" ");
    }
    case "MARK":
      return describeMark(target.value, target.mask);
  }
  return printTarget(target, family)
    .replace(/^ -j \S+ ?/, "")
    .replace(/--/g, "");
}

function describeMark(value: number, mask: number): string {
  const text = `0x${value.toString(16)}`;
  if (mask === 0xffffffff) return `MARK set ${text}`;
  if (mask === value) return `MARK or ${text}`;
  if (mask === 0) return `MARK xor ${text}`;
  if (value === 0) return `MARK and 0x${(~mask >>> 0).toString(16)}`;
  return `MARK xset ${text}/0x${mask.toString(16)}`;
}

const LEVELS = ["emerg", "alert", "crit", "error", "warn", "notice", "info", "debug"];

function describeLog(target: LogTarget, numeric: boolean): string {
  const flags = [target.tcpSequence, target.tcpOptions, target.ipOptions, target.uid, false, target.macDecode].reduce(
    (bits, on, i) => (on ? bits | (1 << i) : bits),
    0,
  );
  const prefix = target.prefix === "" ? "" : ` prefix "${target.prefix}"`;
  if (numeric) return `LOG flags ${flags} level ${target.level}${prefix}`;
  const words = [
    target.tcpSequence && " tcp-sequence",
    target.tcpOptions && " tcp-options",
    target.ipOptions && " ip-options",
    target.uid && " uid",
  ];
  return `LOG level ${LEVELS[target.level] ?? "unknown"}${words.filter(Boolean).join("")}${prefix}`;
}

function describeNat(target: NatTarget, family: Family): string {
  const { addresses, ports } = target;
  let text = "to:";
  if (addresses) {
    const [from, to] = [formatAddress(addresses.from), formatAddress(addresses.to)];
    const range = from === to ? from : `${from}-${to}`;
    text += ports && family === 6 ? `[${range}]` : range;
  }
  if (ports) text += `:${ports.from}${ports.to === ports.from ? "" : `-${ports.to}`}`;
  if (target.random) text += " random";
  if (target.randomFully) text += " random-fully";
  return target.persistent ? `${text} persistent` : text;
}
