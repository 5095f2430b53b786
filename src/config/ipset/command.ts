import type { IpsetAction, IpsetCommand } from "../../model/command.ts";
import type { IpSet, SetMember } from "../../model/ipset.ts";
import { wholeNumber } from "../iptables/values.ts";
import type { Word, WordReader } from "../words.ts";
import { parseCreate, takeName } from "./create.ts";
import { parseElement, parseTested } from "./element.ts";

/** What of a set decides how its members are written. */
export type MemberContext = Pick<IpSet, "type" | "family" | "netmask" | "markmask"> &
  Partial<Pick<IpSet, "timeout" | "counters" | "comment" | "skbinfo">>;

type Fields = { -readonly [Name in keyof SetMember]: SetMember[Name] };

/** Commands by every name that ipset takes. */
const VERBS = new Map<string, IpsetAction["verb"]>([
  ["create", "create"],
  ["-N", "create"],
  ["n", "create"],
  ["add", "add"],
  ["a", "add"],
  ["-A", "add"],
  ["del", "del"],
  ["d", "del"],
  ["-D", "del"],
  ["test", "test"],
  ["t", "test"],
  ["-T", "test"],
  ["flush", "flush"],
  ["f", "flush"],
  ["-F", "flush"],
  ["destroy", "destroy"],
  ["-X", "destroy"],
  ["x", "destroy"],
  ["rename", "rename"],
  ["-E", "rename"],
  ["e", "rename"],
  ["swap", "swap"],
  ["-W", "swap"],
  ["w", "swap"],
]);

/** Long names of commands in the order in which ipset tries them: each may be cut short. */
const LONG_NAMES = "create add test del destroy list save restore flush rename swap".split(" ");

/** The command's name in full; what is none stays as it is. */
export function wholeIpsetCommand(text: string): string {
  if (text.length < 2 || text.startsWith("-")) return text;
  return LONG_NAMES.find((name) => name.startsWith(text)) ?? text;
}

/** Is it a word for a command that changes or tests sets? */
export function isIpsetCommand(text: string): boolean {
  return VERBS.has(wholeIpsetCommand(text));
}

/** Parses one line of `ipset save`, or the words after `ipset`. `find` answers for the sets that exist already. */
export function parseIpsetWords(reader: WordReader, find: (name: string) => MemberContext | undefined): IpsetCommand {
  let exist = false;
  let word = reader.next();
  while (word?.text === "-exist" || word?.text === "-!") {
    exist = true;
    word = reader.next();
  }
  if (!word) return reader.fail(undefined, "No command specified", "ERR_SYNTAX");
  const verb = VERBS.get(wholeIpsetCommand(word.text));
  if (!verb) return reader.fail(word, `No command specified: unknown argument ${word.text}`, "ERR_SYNTAX");
  return { tool: "ipset", action: parseAction(reader, verb, exist, find) };
}

function parseAction(
  reader: WordReader,
  verb: IpsetAction["verb"],
  existBefore: boolean,
  find: (name: string) => MemberContext | undefined,
): IpsetAction {
  switch (verb) {
    case "create": {
      const { set, exist } = parseCreate(reader);
      return { verb, set, exist: exist || existBefore };
    }
    case "add":
    case "del":
    case "test":
      return parseMemberAction(reader, verb, existBefore, find);
    case "flush":
    case "destroy":
      return { verb, set: reader.peek() && takeName(reader, verb) };
    case "rename":
    case "swap":
      return { verb, set: takeName(reader, verb), other: takeName(reader, verb, "second") };
  }
}

function parseMemberAction(
  reader: WordReader,
  verb: "add" | "del" | "test",
  existBefore: boolean,
  find: (name: string) => MemberContext | undefined,
): IpsetAction {
  const nameWord = reader.peek();
  const name = takeName(reader, verb);
  const word = reader.next() ?? reader.fail(undefined, `Missing second mandatory argument to command ${verb}`);
  const set = find(name);
  if (!set) return reader.fail(nameWord, `The set with the given name does not exist: ${name}`, "ERR_UNKNOWN_NAME");
  const members = verb === "test" ? [parseTested(reader, word, set)] : parseElement(reader, word, set);
  const extensions: Fields = {};
  let exist = existBefore;
  for (let option = reader.next(); option; option = reader.next()) {
    if (option.text === "-exist" || option.text === "-!") exist = true;
    else parseMemberOption(reader, option, verb, set, extensions);
  }
  const hasExtensions = Object.keys(extensions).length > 0;
  return {
    verb,
    set: name,
    members: hasExtensions ? members.map((member) => ({ ...member, ...extensions })) : members,
    exist,
  };
}

const EXTENSIONS = ["timeout", "packets", "bytes", "comment", "skbmark", "skbprio", "skbqueue"];

const WITH_VALUE: ReadonlySet<string> = new Set(EXTENSIONS);

/** Which options a member of the type may have, in the command. */
function memberOptions(verb: "add" | "del" | "test", type: IpSet["type"]): readonly string[] {
  const options = verb === "add" ? [...EXTENSIONS] : [];
  if (type === "list:set") options.push("before", "after");
  if (type.includes("net") && verb !== "del") options.push("nomatch");
  if (type === "hash:net,iface" && verb === "add") options.push("wildcard");
  return options;
}

function parseMemberOption(
  reader: WordReader,
  option: Word,
  verb: "add" | "del" | "test",
  set: MemberContext,
  fields: Fields,
): void {
  if (!memberOptions(verb, set.type).includes(option.text)) {
    reader.fail(option, `Unknown argument: \`${option.text}'`);
  }
  if (option.text in fields && WITH_VALUE.has(option.text)) {
    reader.fail(option, `Syntax error: ${option.text} already specified`);
  }
  parseExtension(reader, option, fields);
  const refuse = (what: string, support: string) =>
    reader.fail(option, `${what} cannot be used: set was created without ${support} support`);
  // A context that says nothing of extensions is asked by nobody who would add.
  if (set.counters === undefined) return;
  if (option.text === "timeout" && set.timeout === undefined) refuse("Timeout", "timeout");
  if ((option.text === "packets" || option.text === "bytes") && !set.counters)
    refuse("Packet/byte counters", "counter");
  if (option.text === "comment" && !set.comment) refuse("Comment", "comment");
  if (option.text.startsWith("skb") && !set.skbinfo) refuse("Skbinfo mapping", "skbinfo");
}

function parseExtension(reader: WordReader, option: Word, fields: Fields): void {
  switch (option.text) {
    case "nomatch":
      fields.nomatch = true;
      return;
    case "wildcard":
      fields.wildcard = true;
      return;
    case "comment":
      fields.comment = commentText(reader, option);
      return;
    case "before":
    case "after":
      fields[option.text] = argument(reader, option).text;
      return;
    case "timeout":
      fields.timeout = number(reader, option, 2147483);
      return;
    case "packets":
    case "bytes":
      fields[option.text] = bigNumber(reader, option);
      return;
    case "skbmark":
      fields.skbmark = skbmark(reader, option);
      return;
    case "skbprio":
      fields.skbprio = priority(reader, option);
      return;
    case "skbqueue":
      fields.skbqueue = number(reader, option, 65535);
      return;
  }
  reader.fail(option, `Unknown argument: \`${option.text}'`);
}

function argument(reader: WordReader, option: Word): Word {
  return reader.next() ?? reader.fail(option, `Missing mandatory argument of option \`${option.text}'`, "ERR_SYNTAX");
}

/** 255 bytes at most; ipset has no way to write a quote in it. */
function commentText(reader: WordReader, option: Word): string {
  const word = argument(reader, option);
  if (word.text.includes('"')) reader.fail(word, 'Syntax error: " character is not permitted in comments');
  if (new TextEncoder().encode(word.text).length > 255) {
    reader.fail(word, "Syntax error: Comment is longer than the maximum allowed 255 characters");
  }
  return word.text;
}

function number(reader: WordReader, option: Word, max: number): number {
  const word = argument(reader, option);
  const value = wholeNumber(word.text);
  if (value === undefined || value > max) {
    return reader.fail(word, `Syntax error: '${word.text}' is out of range 0-${max}`);
  }
  return value;
}

function bigNumber(reader: WordReader, option: Word): bigint {
  const word = argument(reader, option);
  if (!/^[0-9]{1,20}$/.test(word.text)) {
    return reader.fail(word, `Syntax error: '${word.text}' is invalid as number`);
  }
  return BigInt.asUintN(64, BigInt(word.text));
}

/** `0xMARK` or `0xMARK/0xMASK`; nothing but hexadecimal. */
function skbmark(reader: WordReader, option: Word): { mark: number; mask: number } {
  const word = argument(reader, option);
  const found = /^0x([0-9a-f]{1,8})(?:\/0x([0-9a-f]{1,8}))?$/i.exec(word.text);
  if (!found) {
    const detail = "Syntax error: Invalid skbmark format, it should be:  MARK/MASK or MARK (see manpage)";
    return reader.fail(word, detail);
  }
  return {
    mark: Number.parseInt(found[1]!, 16),
    mask: found[2] === undefined ? 0xffffffff : Number.parseInt(found[2], 16),
  };
}

/** `MAJOR:MINOR`, both hexadecimal without 0x. */
function priority(reader: WordReader, option: Word): { major: number; minor: number } {
  const word = argument(reader, option);
  const found = /^([0-9a-f]{1,4}):([0-9a-f]{1,4})$/i.exec(word.text);
  if (!found) return reader.fail(word, `Syntax error: '${word.text}' is invalid as skbprio`);
  return { major: Number.parseInt(found[1]!, 16), minor: Number.parseInt(found[2]!, 16) };
}
