import type { Family } from "../../model/address.ts";
import type { IpSet, SetTypeName } from "../../model/ipset.ts";
import { formatAddress } from "../address.ts";
import { wholeNumber } from "../iptables/values.ts";
import type { Word, WordReader } from "../words.ts";
import { addressOf, parseSpan } from "./addresses.ts";
import { portRange } from "./ports.ts";
import { findSetType, hasFamily, SET_TYPES } from "./types.ts";

type Fields = { -readonly [Name in keyof IpSet]: IpSet[Name] };

const UINT32_MAX = 0xffffffff;
const FLAGS = ["counters", "comment", "skbinfo", "forceadd"] as const;

/** Options of all types, of all hashes, and of single types. */
const COMMON_OPTIONS = ["timeout", "counters", "comment", "skbinfo"];
const HASH_OPTIONS = "hashsize maxelem forceadd bucketsize initval probes resize gc".split(" ");
/** Options of older versions, which ipset still takes and ignores. */
const IGNORED_OPTIONS = ["probes", "resize", "gc"];

function optionsOf(type: SetTypeName): readonly string[] {
  if (type === "list:set") return [...COMMON_OPTIONS, "size"];
  if (type.startsWith("bitmap:")) {
    return [...COMMON_OPTIONS, "range", "from", "to", "network", ...(type === "bitmap:ip" ? ["netmask"] : [])];
  }
  const options = [...COMMON_OPTIONS, ...HASH_OPTIONS];
  if (hasFamily(type)) options.push("family", "-4", "-6");
  if (type === "hash:ip") options.push("netmask");
  if (type === "hash:ip,mark") options.push("markmask");
  return options;
}

/** Parses what follows `create` (or `-N`): name, type and options. */
export function parseCreate(reader: WordReader): { set: IpSet; exist: boolean } {
  const name = takeName(reader, "create");
  const typeWord = reader.next() ?? reader.fail(undefined, "Missing second mandatory argument to command create");
  const type = findSetType(typeWord.text);
  if (!type) {
    const detail = `Syntax error: typename '${typeWord.text}' is unknown (${SET_TYPES.join(" ")})`;
    return reader.fail(typeWord, detail, "ERR_UNSUPPORTED");
  }
  const createOptions: string[] = [];
  const set = emptySet(name, type, createOptions);
  let exist = false;
  for (let word = reader.next(); word; word = reader.next()) {
    if (word.text === "-exist" || word.text === "-!") {
      exist = true;
      continue;
    }
    const isRepeated = createOptions.includes(word.text);
    createOptions.push(word.text);
    const value = parseCreateOption(reader, word, set);
    if (value && isRepeated) reader.fail(word, `Syntax error: ${word.text} already specified`);
    if (value) createOptions.push(value.text);
  }
  if (type.startsWith("bitmap:") && !set.range) {
    reader.fail(typeWord, "Mandatory option `range' is missing");
  }
  if (type === "bitmap:ip" || type === "bitmap:ip,mac") checkBitmap(reader, typeWord, set);
  return { set, exist };
}

/** bitmap_ip_create: at most 65536 elements, and with a netmask a range that is a network of shorter prefix. */
function checkBitmap(reader: WordReader, word: Word, set: Fields): void {
  const { from, to } = set.range!;
  let elements = to - from + 1;
  if (set.netmask !== undefined && set.netmask < 32) {
    const size = 2 ** (32 - set.netmask);
    const first = Math.floor(from / size) * size;
    const last = Math.floor(to / size) * size + size - 1;
    const isNetwork = Number.isInteger(Math.log2(last - first + 1)) && first % (last - first + 1) === 0;
    if (!isNetwork || last - first + 1 <= size) reader.fail(word, "Element is out of the range of the set");
    set.range = { from: first, to: last };
    elements = (last - first + 1) / size;
  }
  if (elements > 65536) reader.fail(word, "The range you specified exceeds the size limit of the set type");
}

export function takeName(reader: WordReader, command: string, which = ""): string {
  const word =
    reader.next() ??
    reader.fail(undefined, `Missing ${which && `${which} `}mandatory argument to command ${command}`, "ERR_SYNTAX");
  if (word.text.length > 31) {
    reader.fail(word, `Syntax error: setname '${word.text}' is longer than 31 characters`);
  }
  return word.text;
}

function emptySet(name: string, type: SetTypeName, createOptions: readonly string[]): Fields {
  const set: Fields = {
    name,
    type,
    createOptions,
    family: hasFamily(type) || type.startsWith("bitmap:ip") ? 4 : undefined,
    maxelem: 65536,
    counters: false,
    comment: false,
    skbinfo: false,
    forceadd: false,
    members: [],
  };
  if (type.startsWith("hash:")) set.hashsize = 1024;
  if (type === "list:set") set.size = 8;
  return set;
}

/** Takes one option; answers its argument when it has one. */
function parseCreateOption(reader: WordReader, word: Word, set: Fields): Word | undefined {
  if (!optionsOf(set.type).includes(word.text)) return reader.fail(word, `Unknown argument: \`${word.text}'`);
  if (IGNORED_OPTIONS.includes(word.text)) return argument(reader, word);
  if (word.text === "-4" || word.text === "-6") {
    set.family = word.text === "-4" ? 4 : 6;
    return undefined;
  }
  const flag = FLAGS.find((name) => name === word.text);
  if (flag) {
    set[flag] = true;
    return undefined;
  }
  if (word.text === "family") return familyOption(reader, set);
  if (["range", "from", "network"].includes(word.text)) return rangeOption(reader, word, set);
  if (word.text === "to") return rangeEnd(reader, word, set);
  const field = NUMBERS.get(word.text);
  if (!field) return undefined;
  const value = argument(reader, word);
  const number = wholeNumber(value.text);
  if (number === undefined || number > UINT32_MAX) {
    return reader.fail(value, `Syntax error: '${value.text}' is invalid as number`);
  }
  const [least, most] = limitsOf(field, set);
  if (number < least || number > most) {
    reader.fail(value, `Syntax error: '${value.text}' is out of range ${least}-${most}`);
  }
  if (field === "hashsize") set.hashsize = roundedHashsize(number);
  else if (field === "size") set.size = Math.max(4, number);
  else if (field === "bucketsize") set.bucketsize = Math.min(12, Math.max(2, number + (number % 2)));
  // A netmask of the whole address is none.
  else if (field !== "netmask" || number < most) set[field] = number;
  return value;
}

const NUMBERS = new Map([
  ["hashsize", "hashsize"],
  ["maxelem", "maxelem"],
  ["netmask", "netmask"],
  ["markmask", "markmask"],
  ["timeout", "timeout"],
  ["size", "size"],
  ["bucketsize", "bucketsize"],
  ["initval", "initval"],
] as const) as ReadonlyMap<
  string,
  "hashsize" | "maxelem" | "netmask" | "markmask" | "timeout" | "size" | "bucketsize" | "initval"
>;

function limitsOf(field: string, set: Fields): readonly [least: number, most: number] {
  if (field === "netmask") return [1, set.family === 6 ? 128 : 32];
  if (field === "bucketsize") return [0, 255];
  // IPSET_MAX_TIMEOUT: what fits into milliseconds.
  return field === "timeout" ? [0, 2147483] : [0, UINT32_MAX];
}

/** The kernel rounds up to a power of two, at least 64 (ip_set_hash_gen.h). */
function roundedHashsize(size: number): number {
  return Math.max(64, 2 ** Math.ceil(Math.log2(Math.max(1, size))));
}

function argument(reader: WordReader, word: Word): Word {
  return reader.next() ?? reader.fail(word, `Missing mandatory argument of option \`${word.text}'`, "ERR_SYNTAX");
}

function familyOption(reader: WordReader, set: Fields): Word {
  const word = reader.next() ?? reader.fail(undefined, "Missing mandatory argument of option `family'", "ERR_SYNTAX");
  const families: Readonly<Record<string, Family>> = { inet: 4, ipv4: 4, "-4": 4, inet6: 6, ipv6: 6, "-6": 6 };
  if (!Object.hasOwn(families, word.text)) {
    return reader.fail(word, `Syntax error: unknown inet family ${word.text} (inet or inet6)`);
  }
  set.family = families[word.text];
  return word;
}

function rangeOption(reader: WordReader, option: Word, set: Fields): Word {
  const word = argument(reader, option);
  if (set.type === "bitmap:port") {
    set.range = portRange(reader, word, word.text.slice(word.text.indexOf(":") + 1));
    return word;
  }
  const { from, to } = parseSpan(reader, word, word.text, 4);
  set.range = { from: Number(from), to: Number(to) };
  return word;
}

/** `to` after `from`, as older versions wrote a range. */
function rangeEnd(reader: WordReader, option: Word, set: Fields): Word {
  const word = argument(reader, option);
  const end =
    set.type === "bitmap:port"
      ? portRange(reader, word, word.text).to
      : Number(parseSpan(reader, word, word.text, 4).to);
  set.range = { from: Math.min(set.range?.from ?? end, end), to: Math.max(set.range?.from ?? end, end) };
  return word;
}

/** Prints the `create` line as `ipset save` does. */
export function printCreate(set: IpSet): string {
  let text = `create ${set.name} ${set.type}`;
  if (set.range) text += ` range ${printRange(set)}`;
  if (hasFamily(set.type)) text += ` family ${set.family === 6 ? "inet6" : "inet"}`;
  if (set.type === "hash:ip,mark") text += ` markmask ${hex32(set.markmask ?? UINT32_MAX)}`;
  if (set.hashsize !== undefined) text += ` hashsize ${set.hashsize} maxelem ${set.maxelem}`;
  if (set.netmask !== undefined) text += ` netmask ${set.netmask}`;
  if (set.size !== undefined) text += ` size ${set.size}`;
  if (set.timeout !== undefined) text += ` timeout ${set.timeout}`;
  // ipset 7.17 says nothing of forceadd.
  for (const flag of FLAGS) if (set[flag] && flag !== "forceadd") text += ` ${flag}`;
  if (set.bucketsize !== undefined) text += ` bucketsize ${set.bucketsize}`;
  return set.initval === undefined ? text : `${text} initval ${hex32(set.initval)}`;
}

function printRange({ type, range }: IpSet): string {
  if (type === "bitmap:port") return `${range!.from}-${range!.to}`;
  const address = (number: number) => formatAddress(addressOf(BigInt(number), 4));
  return `${address(range!.from)}-${address(range!.to)}`;
}

export function hex32(number: number): string {
  return `0x${number.toString(16).padStart(8, "0")}`;
}
