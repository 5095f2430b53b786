import type { PlainTarget, RejectTarget, TcpmssTarget, TcpoptstripTarget, TeeTarget } from "../../model/target.ts";
import { formatAddress } from "../address.ts";
import type { Word, WordReader } from "../words.ts";
import { hookLimits, option, optionTable, type TargetExtension } from "./extension.ts";
import { parseHost, parseInterface, parseNumber, wholeNumber } from "./values.ts";

/** Targets that answer, copy or rewrite the packet: ipt_REJECT, xt_TCPMSS, xt_TCPOPTSTRIP, xt_TEE, xt_CHECKSUM, ipt_ECN. */

/** Long name, its alias. */
const REJECT4 = [
  "icmp-net-unreachable net-unreach",
  "icmp-host-unreachable host-unreach",
  "icmp-proto-unreachable proto-unreach",
  "icmp-port-unreachable port-unreach",
  "icmp-net-prohibited net-prohib",
  "icmp-host-prohibited host-prohib",
  "tcp-reset tcp-rst",
  "icmp-admin-prohibited admin-prohib",
];
const REJECT6 = [
  "icmp6-no-route no-route",
  "icmp6-adm-prohibited adm-prohibited",
  "icmp6-addr-unreachable addr-unreach",
  "icmp6-port-unreachable port-unreach",
  "tcp-reset tcp-reset",
  "icmp6-policy-fail policy-fail",
  "icmp6-reject-route reject-route",
];

export const reject: TargetExtension = {
  name: "REJECT",
  hooks: hookLimits("filter: IN FWD OUT"),
  options: optionTable("reject-with:1"),
  parse(options): RejectTarget {
    const given = options.get("reject-with");
    const types = options.family === 4 ? REJECT4 : REJECT6;
    if (!given) return { kind: "REJECT", with: types[3]!.split(" ")[0]! };
    const kind = rejectType(options.reader, given.values[0]!, types);
    if (kind === "tcp-reset" && (options.protocol !== 6 || options.isProtocolInverted)) {
      options.reader.fail(
        given.values[0],
        'Invalid argument: REJECT --reject-with tcp-reset is only valid with "-p tcp"',
      );
    }
    return { kind: "REJECT", with: kind };
  },
  print: (target) => option("reject-with", (target as RejectTarget).with),
};

/** The first type that the text begins, by its long name or its alias. */
function rejectType(reader: WordReader, word: Word, types: readonly string[]): string {
  const text = word.text.toLowerCase();
  const found = types.find((names) => names.split(" ").some((name) => name.startsWith(text)));
  if (found) return found.split(" ")[0]!;
  if (text === "echo-reply" || text === "echoreply" || text === "icmp-echo-reply") {
    reader.fail(word, "--reject-with echo-reply no longer supported");
  }
  return reader.fail(word, `unknown reject type "${word.text}"`);
}

export const tcpmss: TargetExtension = {
  name: "TCPMSS",
  protocols: [6],
  hooks: (target) =>
    (target as TcpmssTarget).mss === undefined
      ? hookLimits("filter: FWD OUT; nat: OUT POST; mangle: FWD OUT POST; raw: OUT; security: FWD OUT")
      : undefined,
  options: optionTable("set-mss:1 clamp-mss-to-pmtu:0"),
  parse(options): TcpmssTarget {
    options.exclusive("set-mss", "clamp-mss-to-pmtu");
    const mss = options.get("set-mss");
    if (mss) return { kind: "TCPMSS", mss: parseNumber(options, mss, 65535) };
    if (!options.has("clamp-mss-to-pmtu")) {
      options.reader.fail(undefined, "TCPMSS target: At least one parameter is required");
    }
    return { kind: "TCPMSS" };
  },
  print(target) {
    const { mss } = target as TcpmssTarget;
    return mss === undefined ? " --clamp-mss-to-pmtu" : option("set-mss", mss);
  },
};

const TCP_OPTIONS = new Map([
  ["wscale", 3],
  ["mss", 2],
  ["sack-permitted", 4],
  ["sack", 5],
  ["timestamp", 8],
  ["md5", 19],
]);

export const tcpoptstrip: TargetExtension = {
  name: "TCPOPTSTRIP",
  protocols: [6],
  hooks: hookLimits("mangle"),
  options: optionTable("strip-options:1"),
  parse(options): TcpoptstripTarget {
    const word = options.get("strip-options")?.values[0];
    if (!word) return { kind: "TCPOPTSTRIP", options: [] };
    const kinds = word.text.split(",").map((text, i, all) => {
      const number = TCP_OPTIONS.get(text) ?? wholeNumber(text);
      if (number === undefined || number > 255) return options.reader.fail(word, `Bad TCP option value "${text}"`);
      const isGiven = all.slice(0, i).some((before) => (TCP_OPTIONS.get(before) ?? wholeNumber(before)) === number);
      if (isGiven) options.reader.fail(word, `Option "${text}" already specified`);
      return number < 2 ? options.reader.fail(word, "Option value may not be 0 or 1") : number;
    });
    return { kind: "TCPOPTSTRIP", options: [...kinds].sort((a, b) => a - b) };
  },
  print(target) {
    const { options } = target as TcpoptstripTarget;
    return options.length ? option("strip-options", options.join(",")) : "";
  },
};

export const tee: TargetExtension = {
  name: "TEE",
  options: optionTable("gateway:1 oif:1"),
  parse(options): TeeTarget {
    const oif = options.get("oif");
    const given = options.required("gateway");
    const gateway = parseHost(options, given);
    if (gateway.every((byte) => byte === 0))
      options.fail(given.values[0], "Invalid argument: the gateway is all zeros");
    return {
      kind: "TEE",
      gateway,
      interface: oif && parseInterface(options.reader, oif.values[0]!),
    };
  },
  print(target) {
    const m = target as TeeTarget;
    return option("gateway", formatAddress(m.gateway)) + (m.interface === undefined ? "" : option("oif", m.interface));
  },
};

export const trace = plainExtension("TRACE", "raw");
export const checksum = plainExtension("CHECKSUM", "mangle", "checksum-fill");
export const ecn: TargetExtension = { ...plainExtension("ECN", "mangle", "ecn-tcp-remove"), family: 4, protocols: [6] };

function plainExtension(kind: PlainTarget["kind"], hooks: string, only?: string): TargetExtension {
  return {
    name: kind,
    hooks: hookLimits(hooks),
    options: optionTable(only ? `${only}:0` : ""),
    parse(options): PlainTarget {
      if (only && options.given.length === 0) options.fail(undefined, `Parameter --${only} is required`);
      return { kind };
    },
    print: () => (only ? ` --${only}` : ""),
  };
}
