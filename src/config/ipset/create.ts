import type { Family } from "../../model/address.ts";
import type { IpSet, SetTypeName } from "../../model/ipset.ts";
import { formatAddress } from "../address.ts";
import { wholeNumber } from "../iptables/values.ts";
import type { Word, WordReader } from "../words.ts";
import { addressOf, numberOf, parseHosts } from "./addresses.ts";
import { portRange } from "./ports.ts";
import { findSetType, hasFamily, SET_TYPES } from "./types.ts";

type Fields = { -readonly [Name in keyof IpSet]: IpSet[Name] };

const UINT32_MAX = 0xffffffff;
const FLAGS = ["counters", "comment", "skbinfo", "forceadd"] as const;

/** Parses what follows `create` (or `-N`): name, type and options. */
export function parseCreate(reader: WordReader): { set: IpSet; exist: boolean } {
  const name = takeName(reader, "SETNAME");
  const typeWord = reader.next() ?? reader.fail(undefined, "Missing second mandatory argument to command create");
  const type = findSetType(typeWord.text);
  if (!type) {
    const detail = `Syntax error: unknown settype '${typeWord.text}' (${SET_TYPES.join(" ")})`;
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
    createOptions.push(word.text);
    const value = parseCreateOption(reader, word, set);
    if (value) createOptions.push(value.text);
  }
  if (type.startsWith("bitmap:") && !set.range) {
    reader.fail(typeWord, "Mandatory option `range' is missing");
  }
  return { set, exist };
}

export function takeName(reader: WordReader, what: string): string {
  const word = reader.next() ?? reader.fail(undefined, `Missing mandatory argument ${what}`, "ERR_SYNTAX");
  if (word.text === "" || word.text.length > 31) {
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
  const flag = FLAGS.find((name) => name === word.text);
  if (flag) {
    set[flag] = true;
    return undefined;
  }
  if (word.text === "family") return familyOption(reader, set);
  if (word.text === "range" || word.text === "from") return rangeOption(reader, word, set);
  const field = NUMBERS.get(word.text);
  if (!field) return reader.fail(word, `Unknown argument: \`${word.text}'`);
  const value = argument(reader, word);
  const number = wholeNumber(value.text);
  if (number === undefined || number > UINT32_MAX) {
    return reader.fail(value, `Syntax error: '${value.text}' is invalid as number`);
  }
  const [least, most] = limitsOf(field, set);
  if (number < least || number > most) {
    reader.fail(value, `Syntax error: '${value.text}' is out of range ${least}-${most}`);
  }
  set[field] = field === "hashsize" ? roundedHashsize(number) : number;
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
    return reader.fail(word, `Syntax error: unknown INET family ${word.text} (inet or inet6)`);
  }
  set.family = families[word.text];
  return word;
}

function rangeOption(reader: WordReader, option: Word, set: Fields): Word {
  const word = argument(reader, option);
  if (set.type === "bitmap:port") {
    set.range = portRange(reader, word, word.text);
    return word;
  }
  const hosts = parseHosts(reader, word, word.text, 4);
  if (hosts.length > 65536) reader.fail(word, `Range ${word.text} is too large: at most 65536 elements`);
  set.range = { from: Number(numberOf(hosts[0]!)), to: Number(numberOf(hosts[hosts.length - 1]!)) };
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
  for (const flag of FLAGS) if (set[flag]) text += ` ${flag}`;
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
