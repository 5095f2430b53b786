import type { BpfMatch, ClusterMatch, DccpMatch, Eui64Match, OsfMatch, PolicyMatch } from "../../model/match.ts";
import type { HmarkTarget, NoticeTarget } from "../../model/target.ts";
import type { Options } from "./extension.ts";
import { parseLoosePortRange, parseNumber } from "./values.ts";

/** What is evaluated of extensions whose words are kept for printing. Their options were checked before. */

export const EVALUATED_MATCHES: Readonly<
  Record<
    string,
    (options: Options, text: string) => BpfMatch | ClusterMatch | DccpMatch | Eui64Match | OsfMatch | PolicyMatch
  >
> = {
  bpf: bpfModel,
  cluster: clusterModel,
  dccp: dccpModel,
  eui64: (_options, text) => ({ kind: "eui64", text }),
  osf: (_options, text) => ({ kind: "osf", text }),
  policy: (options, text) => ({ kind: "policy", none: isNone(options), text }),
};

export const EVALUATED_TARGETS: Readonly<
  Record<string, (options: Options, text: string) => HmarkTarget | NoticeTarget>
> = {
  AUDIT: (_options, text) => ({ kind: "AUDIT", text }),
  IDLETIMER: (_options, text) => ({ kind: "IDLETIMER", text }),
  LED: (_options, text) => ({ kind: "LED", text }),
  SECMARK: (_options, text) => ({ kind: "SECMARK", text }),
  CONNSECMARK: (_options, text) => ({ kind: "CONNSECMARK", text }),
  HMARK: hmarkModel,
};

function bpfModel(options: Options, text: string): BpfMatch {
  const given = options.get("bytecode");
  const bytecode = given && given.values[0]!.text;
  const program = bytecode
    ?.split(",")
    .slice(1)
    .filter((part) => part.trim() !== "")
    .map((part) => {
      const [code, jumpTrue, jumpFalse, k] = part.trim().split(" ").map(Number);
      return { code: code!, jumpTrue: jumpTrue!, jumpFalse: jumpFalse!, k: k! };
    });
  return { kind: "bpf", program, text };
}

function clusterModel(options: Options, text: string): ClusterMatch {
  const mask = options.get("cluster-local-nodemask");
  const given = mask ?? options.required("cluster-local-node");
  const number = parseNumber(options, given, 0xffffffff);
  return {
    kind: "cluster",
    nodes: { value: mask ? number : 2 ** (number - 1), invert: given.invert },
    total: parseNumber(options, options.required("cluster-total-nodes"), 32, 1),
    seed: parseNumber(options, options.required("cluster-hash-seed"), 0xffffffff),
    text,
  };
}

const DCCP_TYPES = "REQUEST RESPONSE DATA ACK DATAACK CLOSEREQ CLOSE RESET SYNC SYNCACK INVALID".split(" ");

function dccpModel(options: Options, text: string): DccpMatch {
  const ports = (name: string) => {
    const given = options.get(name);
    return given && { value: parseLoosePortRange(options, given), invert: given.invert };
  };
  const types = options.get("dccp-types");
  const number = options.get("dccp-option");
  const given = types ? types.values[0]!.text.toUpperCase().split(",") : [];
  const mask = given.reduce((bits, type) => bits | (1 << DCCP_TYPES.indexOf(type)), 0);
  return {
    kind: "dccp",
    sourcePort: ports("sport"),
    destinationPort: ports("dport"),
    types: types && { value: mask, invert: types.invert },
    option: number && { value: parseNumber(options, number, 255, 1), invert: number.invert },
    text,
  };
}

/** What libxt_HMARK hands to the kernel (read from its setsockopt): a word of the tuple is a mask of ones. */
function hmarkModel(options: Options, text: string): HmarkTarget {
  const words = options.get("hmark-tuple");
  const tuple = words ? words.values[0]!.text.split(",") : [];
  const number = (name: string, otherwise: number): number => {
    const given = options.get(`hmark-${name}`);
    return given ? parseNumber(options, given, 0xffffffff) : otherwise;
  };
  const bits = options.family === 4 ? 32 : 128;
  const whole = (name: string): number => (tuple.includes(name) || tuple.includes("spi") ? 0xffff : 0);
  const pair = (high: number, low: number): number => ((high << 16) | low) >>> 0;
  const port = (kind: string, otherwise: (name: string) => number) =>
    pair(number(`sport${kind}`, otherwise("sport")), number(`dport${kind}`, otherwise("dport")));
  return {
    kind: "HMARK",
    sourcePrefix: number("src-prefix", tuple.includes("src") ? bits : 0),
    destinationPrefix: number("dst-prefix", tuple.includes("dst") ? bits : 0),
    portMask: number("spi-mask", port("-mask", whole)),
    portSet: number(
      "spi",
      port("", () => 0),
    ),
    protocolMask: number("proto-mask", 0),
    seed: number("rnd", 0),
    modulus: number("mod", 1),
    offset: number("offset", 0),
    useConnection: tuple.includes("ct"),
    text,
  };
}

function isNone(options: Options): boolean {
  const policy = options.get("pol");
  return policy !== undefined && policy.values[0]!.text === "none";
}
