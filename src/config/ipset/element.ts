import type { Family } from "../../model/address.ts";
import type { IpSet, SetMember, SetTypeName } from "../../model/ipset.ts";
import { formatAddress, formatMac, maskAddress, maskOf, parseAddress, parseMac } from "../address.ts";
import { wholeNumber } from "../iptables/values.ts";
import type { Word, WordReader } from "../words.ts";
import { MAX_EXPANSION, parseHosts, parseNetworks, printNetwork } from "./addresses.ts";
import { parsePortPart, portRange, printPortPart } from "./ports.ts";
import { type Dimension, dimensionsOf } from "./types.ts";

type Fields = { -readonly [Name in keyof SetMember]: SetMember[Name] };

/** What of a set decides how its elements are read. */
export type ElementContext = Pick<IpSet, "type" | "family" | "netmask" | "markmask">;

const ORDINALS = ["", "Second", "Third"];

function tooMany(reader: WordReader, word: Word, type: SetTypeName, parts: number): never {
  const [found, supported] = [
    ["Elem separator", "none"],
    ["Two elem separators", "one"],
    ["Three elem separators", "two"],
  ][parts - 1]!;
  return reader.fail(word, `Syntax error: ${found} in ${word.text}, but settype ${type} supports ${supported}.`);
}

/** Parses the element of an `add` line. Ranges and networks of host types become one member each. */
export function parseElement(reader: WordReader, word: Word, set: ElementContext): SetMember[] {
  const dimensions = dimensionsOf(set.type);
  const parts = set.type === "list:set" || set.type === "bitmap:port" ? [word.text] : word.text.split(",");
  if (parts.length < requiredParts(set.type, dimensions)) {
    reader.fail(word, `Syntax error: ${ORDINALS[parts.length]} element is missing from ${word.text}.`);
  }
  if (parts.length > dimensions.length) tooMany(reader, word, set.type, dimensions.length);
  let members: Fields[] = [{}];
  let isSecond = false;
  for (const [i, part] of parts.entries()) {
    const choices = parsePart(reader, word, part, dimensions[i]!, set, isSecond);
    if (members.length * choices.length > MAX_EXPANSION) {
      reader.fail(word, `Hash is full, cannot add more elements: '${word.text}' stands for more than ${MAX_EXPANSION}`);
    }
    members = members.flatMap((member) => choices.map((choice) => ({ ...member, ...choice })));
    if (dimensions[i] === "ip" || dimensions[i] === "net") isSecond = true;
  }
  return members;
}

/** Parses the element of a `test` line: one, with no more ranges than the type's own test takes. */
export function parseTested(reader: WordReader, word: Word, set: ElementContext): SetMember {
  const where = `in command test with set type ${set.type} and family ${set.family === 6 ? "inet6" : "inet"}`;
  for (const [i, part] of word.text.split(",").entries()) {
    const dimension = dimensionsOf(set.type)[i];
    const isRange = /[0-9a-z]-[0-9a-z]/i.test(part) && parseAddress(part) === undefined;
    if (dimension === "port" && isRange && !/:[a-z]+-[a-z-]+$/i.test(part)) {
      reader.fail(word, `FROM-TO port range is not allowed ${where}`);
    }
    if (dimension !== "net" && dimension !== "ip") continue;
    if (set.type !== "hash:ip" && isRange) reader.fail(word, `FROM-TO IP range is not allowed ${where}`);
    if (dimension === "ip" && set.type !== "hash:ip" && part.includes("/") && !/\/(32|128)$/.test(part)) {
      reader.fail(word, `IP/CIDR range is not allowed ${where}`);
    }
  }
  return parseElement(reader, word, set)[0]!;
}

/** The MAC of bitmap:ip,mac may be left out: the first packet fills it in. */
function requiredParts(type: SetTypeName, dimensions: readonly Dimension[]): number {
  return type === "bitmap:ip,mac" ? 1 : dimensions.length;
}

function parsePart(
  reader: WordReader,
  word: Word,
  text: string,
  dimension: Dimension,
  set: ElementContext,
  isSecond: boolean,
): Fields[] {
  const family = set.family ?? 4;
  switch (dimension) {
    case "ip":
      return hostFields(reader, word, text, family, set, isSecond);
    case "net":
      return parseNetworks(reader, word, text, family).map(({ address, prefix }) =>
        isSecond ? { address2: address, prefix2: prefix } : { address, prefix },
      );
    case "port":
      return portFields(reader, word, text, set.type, family);
    case "mac":
      return [{ mac: parseMac(text) ?? reader.fail(word, `Syntax error: cannot parse '${text}' as ethernet address`) }];
    case "iface":
      return [interfaceFields(reader, word, text)];
    case "mark":
      return [markFields(reader, word, text, set.markmask)];
    case "set":
      return [{ set: text }];
  }
}

function hostFields(
  reader: WordReader,
  word: Word,
  text: string,
  family: Family,
  set: ElementContext,
  isSecond: boolean,
): Fields[] {
  const bits = family === 4 ? 32 : 128;
  if (isSecond && !parseAddress(text)) reader.fail(word, `Syntax error: plain IP address must be supplied: ${text}`);
  const prefix = set.netmask ?? bits;
  const seen = new Set<string>();
  const fields: Fields[] = [];
  for (const host of parseHosts(reader, word, text, family)) {
    const address = prefix === bits ? host : maskAddress(host, maskOf(family, prefix));
    if (prefix !== bits) {
      const key = formatAddress(address);
      if (seen.has(key)) continue;
      seen.add(key);
    }
    fields.push(isSecond ? { address2: address, prefix2: bits } : { address, prefix: bits });
  }
  return fields;
}

function portFields(reader: WordReader, word: Word, text: string, type: SetTypeName, family: Family): Fields[] {
  const fields: Fields[] = [];
  if (type === "bitmap:port") {
    // The protocol only helps to look up the name of a service.
    const { from, to } = portRange(reader, word, text.slice(text.indexOf(":") + 1));
    for (let port = from; port <= to; port++) fields.push({ port });
    return fields;
  }
  const { protocol, from, to } = parsePortPart(reader, word, text);
  if (protocol === 58 && family !== 6) {
    reader.fail(word, "Syntax error: Protocol ICMPv6 can be used with family inet6 only");
  }
  for (let port = from; port <= to; port++) fields.push({ protocol, port });
  return fields;
}

function interfaceFields(reader: WordReader, word: Word, text: string): Fields {
  const physdev = text.startsWith("physdev:");
  const name = physdev ? text.slice(8) : text;
  if (name === "" || name.length > 15)
    reader.fail(word, `Syntax error: interface name '${name}' must have 1 to 15 bytes`);
  return physdev ? { interface: name, physdev } : { interface: name };
}

function markFields(reader: WordReader, word: Word, text: string, markmask = 0xffffffff): Fields {
  const mark = wholeNumber(text);
  if (mark === undefined || mark > 0xffffffff) return reader.fail(word, `Syntax error: '${text}' is invalid as number`);
  return { mark: (mark & markmask) >>> 0 };
}

/** Prints an element as `ipset save` does, without its extensions. */
export function printElement(member: SetMember, type: SetTypeName): string {
  let isSecond = false;
  const parts: string[] = [];
  for (const dimension of dimensionsOf(type)) {
    const text = printPart(member, dimension, type, isSecond);
    if (text !== undefined) parts.push(text);
    if (dimension === "ip" || dimension === "net") isSecond = true;
  }
  return parts.join(",");
}

function printPart(member: SetMember, dimension: Dimension, type: SetTypeName, isSecond: boolean): string | undefined {
  switch (dimension) {
    case "ip":
      return formatAddress(isSecond ? member.address2! : member.address!);
    case "net":
      return isSecond ? printNetwork(member.address2!, member.prefix2!) : printNetwork(member.address!, member.prefix!);
    case "port":
      return type === "bitmap:port" ? String(member.port) : printPortPart(member.protocol!, member.port!);
    case "mac":
      return member.mac && formatMac(member.mac).toUpperCase();
    case "iface":
      return `${member.physdev ? "physdev:" : ""}${member.interface}`;
    case "mark":
      return `0x${member.mark!.toString(16).padStart(8, "0")}`;
    case "set":
      return member.set;
  }
}
