import type { Word } from "../words.ts";
import { flag, type Given, type Options, option } from "./extension.ts";
import {
  cutBytes,
  formatHostOrPrefix,
  formatProtocol,
  formatRange,
  parseLoosePortRange,
  parseNumber,
  parsePrefix,
  parseProtocol,
} from "./values.ts";

/** How extensions that are only kept check their options and print them back (libxt_*.c of iptables 1.8.9). */

export const VERBATIM_FORMS: Readonly<Record<string, (options: Options) => string>> = {
  AUDIT: auditText,
  HMARK: hmarkText,
  SYNPROXY: synproxyText,
  IDLETIMER: idletimerText,
  bpf: bpfText,
  cluster: clusterText,
  dccp: dccpText,
  osf: osfText,
  policy: policyText,
};

function hex32(value: number): string {
  return `0x${value.toString(16).padStart(8, "0")}`;
}

function textOf(options: Options, name: string): string | undefined {
  return options.get(name)?.values[0]?.text;
}

/** The kernel keeps milliseconds in 31 bits (xt_IDLETIMER.c), the tool 27 bytes of the label. */
function idletimerText(options: Options): string {
  const timeout = parseNumber(options, options.required("timeout"), 0xffffffff);
  const label = cutBytes(options.required("label").values[0]!.text, 27);
  // Its file in /sys has the label for a name.
  if (timeout === 0 || timeout >= Math.floor(0x7fffffff / 1000) || label === "" || label.includes("/")) {
    options.reader.fail(undefined, "Invalid argument. Run `dmesg' for more information.");
  }
  return option("timeout", timeout) + option("label", label) + (options.has("alarm") ? flag("alarm") : "");
}

function synproxyText(options: Options): string {
  let text = "";
  for (const given of options.given) {
    text += given.values.length === 0 ? flag(given.name) : option(given.name, parseNumber(options, given, 0xffffffff));
  }
  return text;
}

function auditText(options: Options): string {
  const word = options.required("type").values[0]!;
  if (!["accept", "drop", "reject"].includes(word.text)) {
    options.reader.fail(word, `Bad action type value "${word.text}"`);
  }
  return option("type", word.text);
}

/** Hex digits of the masks, and the word of the tuple that stands for all ones; only `ct` is printed as a word. */
const HMARK_MASKS = {
  "hmark-sport-mask": [4, "sport"],
  "hmark-dport-mask": [4, "dport"],
  "hmark-spi-mask": [8, "spi"],
} as const;

const HMARK_TUPLE = ["src", "dst", "sport", "dport", "spi", "ct"];

function hmarkText(options: Options): string {
  if (!options.has("hmark-mod")) options.reader.fail(undefined, "--hmark-mod is mandatory");
  if (!options.has("hmark-rnd")) options.reader.fail(undefined, "--hmark-rnd is mandatory");
  const hasPorts = ["sport-mask", "dport-mask", "sport", "dport"].some((name) => options.has(`hmark-${name}`));
  if (hasPorts && (options.has("hmark-spi-mask") || options.has("hmark-spi"))) {
    options.reader.fail(undefined, "you cannot use --hmark-spi-mask and --hmark-?port-mask,at the same time");
  }
  const tuple = textOf(options, "hmark-tuple")?.split(",") ?? [];
  const unknown = tuple.find((word) => !HMARK_TUPLE.includes(word));
  if (unknown !== undefined) options.reader.fail(options.get("hmark-tuple")!.word, `Bad type "${unknown}"`);
  let text = "";
  const put = (name: string, print: (value: number) => string | number, ofTuple?: number, min = 0) => {
    const given = options.get(name);
    if (given) text += option(name, print(parseNumber(options, given, 0xffffffff, min)));
    else if (ofTuple !== undefined) text += option(name, print(ofTuple));
  };
  const bits = options.family === 4 ? 32 : 128;
  put("hmark-src-prefix", Number, tuple.includes("src") ? bits : undefined);
  put("hmark-dst-prefix", Number, tuple.includes("dst") ? bits : undefined);
  for (const [name, [digits, word]] of Object.entries(HMARK_MASKS)) {
    const whole = tuple.includes(word) ? 16 ** digits - 1 : undefined;
    put(name, (value) => `0x${value.toString(16).padStart(digits, "0")}`, whole);
  }
  for (const name of ["hmark-sport", "hmark-dport", "hmark-spi"]) put(name, Number);
  put("hmark-proto-mask", (value) => `0x${value.toString(16).padStart(2, "0")}`);
  put("hmark-rnd", hex32);
  put("hmark-mod", Number, undefined, 1);
  put("hmark-offset", Number);
  return tuple.includes("ct") ? text + option("hmark-tuple", "ct") : text;
}

/** `COUNT,CODE JT JF K,…`, with as many instructions as it says, at most 64. */
function bpfText(options: Options): string {
  const bytecode = options.get("bytecode");
  const pinned = options.get("object-pinned");
  if (!bytecode && pinned) return option("object-pinned", pinned.values[0]!.text);
  if (!bytecode) return options.reader.fail(undefined, "bpf: one of --bytecode or --pinned is required");
  const word = bytecode.values[0]!;
  const [count = "", ...instructions] = word.text.split(",").filter((part, i) => i === 0 || part.trim() !== "");
  if (!/^[0-9]+$/.test(count)) options.fail(word, "error parsing program length");
  const isWhole = instructions.every((one) => /^\s*[0-9]+ [0-9]+ [0-9]+ [0-9]+\s*$/.test(one));
  if (!isWhole || instructions.length !== Number(count) || Number(count) < 1 || Number(count) > 64) {
    options.fail(word, "parsed program length is less than instructions");
  }
  return option("bytecode", `"${word.text}"`);
}

function clusterText(options: Options): string {
  const mask = options.get("cluster-local-nodemask");
  const node = options.get("cluster-local-node");
  const given = mask ?? node;
  if (!given) {
    const detail = "cluster match: `--cluster-local-node' or`--cluster-local-nodemask' is missing";
    return options.reader.fail(undefined, detail);
  }
  options.exclusive("cluster-local-node", "cluster-local-nodemask");
  const total = parseNumber(options, options.required("cluster-total-nodes"), 32, 1);
  const seed = parseNumber(options, options.required("cluster-hash-seed"), 0xffffffff);
  const nodes = mask ? parseNumber(options, given, 0xffffffff) : 2 ** (parseNumber(options, given, 32, 1) - 1);
  if (nodes >= 2 ** total) {
    options.reader.fail(given.word, "cluster match: this node is not one of so many");
  }
  return (
    option("cluster-local-nodemask", hex32(nodes), given.invert) +
    option("cluster-total-nodes", total) +
    option("cluster-hash-seed", hex32(seed))
  );
}

function dccpText(options: Options): string {
  let text = "";
  for (const name of ["sport", "dport"]) {
    const given = options.get(name);
    if (given) text += option(name, formatRange(parseLoosePortRange(options, given)), given.invert);
  }
  const types = options.get("dccp-types");
  if (types) text += option("dccp-types", dccpTypes(options, types.values[0]!), types.invert);
  const number = options.get("dccp-option");
  return number ? text + option("dccp-option", parseNumber(options, number, 255, 1), number.invert) : text;
}

const DCCP_TYPES = "REQUEST RESPONSE DATA ACK DATAACK CLOSEREQ CLOSE RESET SYNC SYNCACK INVALID".split(" ");

function dccpTypes(options: Options, word: Word): string {
  const given = word.text.toUpperCase().split(",");
  const unknown = given.find((type) => !DCCP_TYPES.includes(type));
  if (unknown !== undefined) options.reader.fail(word, `Unknown DCCP type \`${unknown}'`);
  return DCCP_TYPES.filter((type) => given.includes(type)).join(",");
}

function osfText(options: Options): string {
  const genre = options.required("genre");
  let text = option("genre", genre.values[0]!.text, genre.invert);
  for (const name of ["ttl", "log"]) {
    const given = options.get(name);
    if (given) text += option(name, parseNumber(options, given, 2));
  }
  return text;
}

/** What one element of a policy tests, by its option. */
type PolicyElement = Map<string, Given>;

function policyText(options: Options): string {
  const direction = textOf(options, "dir");
  if (direction === undefined) {
    options.reader.fail(undefined, "policy match: neither --dir in nor --dir out specified");
  }
  if (direction !== "in" && direction !== "out") {
    options.reader.fail(options.get("dir")!.word, `policy_match: invalid dir "${direction}"`);
  }
  const policy = textOf(options, "pol") ?? "ipsec";
  if (policy !== "ipsec" && policy !== "none")
    options.reader.fail(undefined, `policy match: invalid policy "${policy}"`);
  const isStrict = options.has("strict");
  const elements = policyElements(options);
  if (policy === "none" && (isStrict || elements.some((element) => element.size > 0))) {
    options.reader.fail(undefined, "policy match: policy none but --strict or an element given");
  }
  if (!isStrict && elements.length > 1) {
    options.reader.fail(undefined, "policy match: multiple elements but no --strict");
  }
  const parts = elements.map((element, i) => policyElement(options, element, i, isStrict));
  return `${option("dir", direction)}${option("pol", policy)}${isStrict ? " --strict" : ""}${parts.join(" --next")}`;
}

function policyElements(options: Options): PolicyElement[] {
  const elements: PolicyElement[] = [new Map()];
  for (const given of options.given) {
    if (given.name === "next") elements.push(new Map());
    else if (!["dir", "pol", "strict"].includes(given.name)) {
      if (elements.at(-1)!.has(given.name)) {
        options.reader.fail(given.word, `policy match: double --${given.name} option`);
      }
      elements.at(-1)!.set(given.name, given);
    }
  }
  return elements;
}

function policyElement(options: Options, element: PolicyElement, number: number, isStrict: boolean): string {
  if (isStrict && element.size === 0) {
    options.reader.fail(
      undefined,
      `policy match: empty policy element ${number}. --strict is in effect, but at least one of reqid, spi, ` +
        "tunnel-src, tunnel-dst, proto or mode is required.",
    );
  }
  const mode = element.get("mode");
  const isTunnel = mode !== undefined && (mode.values[0]!.text === "tunnel") !== mode.invert;
  if ((element.has("tunnel-src") || element.has("tunnel-dst")) && !isTunnel) {
    options.reader.fail(undefined, "policy match: --tunnel-src/--tunnel-dst is only valid in tunnel mode");
  }
  let text = "";
  for (const [name, print] of Object.entries(POLICY_PARTS)) {
    const given = element.get(name);
    if (given) text += option(name, print(options, given), given.invert);
  }
  return text;
}

const POLICY_PARTS: Readonly<Record<string, (options: Options, given: Given) => string>> = {
  reqid: (options, given) => String(parseNumber(options, given, 0xffffffff)),
  spi: (options, given) => `0x${parseNumber(options, given, 0xffffffff).toString(16)}`,
  proto: (options, given) => {
    const number = parseProtocol(options.reader, given.values[0]!);
    if (number !== 50 && number !== 51 && number !== 108) {
      options.reader.fail(given.values[0], "policy match: protocol must be ah/esp/ipcomp");
    }
    return formatProtocol(number);
  },
  mode: (options, given) => {
    const word = given.values[0]!;
    if (word.text !== "tunnel" && word.text !== "transport") {
      options.reader.fail(word, `policy match: invalid mode "${word.text}"`);
    }
    return word.text;
  },
  "tunnel-dst": tunnelText,
  "tunnel-src": tunnelText,
};

function tunnelText(options: Options, given: Given): string {
  const word = given.values[0]!;
  return formatHostOrPrefix(parsePrefix(options.reader, word, word.text, options.family));
}
