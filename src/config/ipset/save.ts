import type { SourcePosition } from "../../model/address.ts";
import type { IpsetAction } from "../../model/command.ts";
import type { IpSet, SetMember, SetTypeName } from "../../model/ipset.ts";
import type { ConfigError } from "../error.ts";
import { splitWords, WordReader } from "../words.ts";
import { isIpsetCommand, parseIpsetWords } from "./command.ts";
import { printCreate } from "./create.ts";
import { printElement } from "./element.ts";

type EditedSet = Omit<IpSet, "members"> & { members: SetMember[] };

export interface IpsetOptions {
  /** Told of every set whose type this version does not know; the set and its members are left out. */
  readonly onUnsupported?: (error: ConfigError) => void;
}

/**
 * Parses what `ipset save` printed, or any file that `ipset restore` reads.
 *
 * @throws ConfigError at the first line that ipset would refuse as well.
 */
export function parseIpsetSave(text: string, file: string, options: IpsetOptions = {}): IpSet[] {
  const sets = new Map<string, EditedSet>();
  const left = new Set<string>();
  for (const [i, line] of text.split("\n").entries()) {
    const words = splitWords(line.endsWith("\r") ? line.slice(0, -1) : line, 0, false);
    if (words.length === 0 || words[0]!.text.startsWith("#") || words[0]!.text === "COMMIT") continue;
    if (left.has(words[1]?.text ?? "")) continue;
    const reader = new WordReader(file, i + 1, words);
    try {
      applyToSets(reader, sets, parseIpsetWords(reader, (name) => sets.get(name)).action);
    } catch (error) {
      if (!options.onUnsupported || !isUnsupported(error)) throw error;
      left.add(words[1]!.text);
      options.onUnsupported(error);
    }
  }
  return [...sets.values()];
}

function isUnsupported(error: unknown): error is ConfigError {
  return error instanceof Error && "code" in error && error.code === "ERR_UNSUPPORTED";
}

function applyToSets(reader: WordReader, sets: Map<string, EditedSet>, action: IpsetAction): void {
  switch (action.verb) {
    case "create":
      if (sets.has(action.set.name) && !action.exist) {
        reader.fail(reader.words[1], "Set cannot be created: set with the same name already exists");
      }
      if (!sets.has(action.set.name)) sets.set(action.set.name, { ...action.set, members: [] });
      return;
    case "add":
      for (const member of action.members) {
        addMember(sets.get(action.set)!, {
          ...member,
          ...(action.exist && { exist: true }),
          at: placeOfMember(reader),
        });
      }
      return;
    case "del":
      removeMembers(sets.get(action.set)!, action.members);
      return;
    case "flush":
      for (const set of sets.values()) if (action.set === undefined || set.name === action.set) set.members = [];
      return;
    case "destroy":
      if (action.set === undefined) sets.clear();
      else sets.delete(action.set);
      return;
    case "rename":
    case "swap":
      exchange(reader, sets, action);
      return;
    case "test":
      return;
  }
}

function placeOfMember(reader: WordReader): SourcePosition {
  const verb = reader.words.findIndex(({ text }) => isIpsetCommand(text));
  return reader.at(reader.words[verb + 2]);
}

/** At the end, or in a list:set where `before` and `after` say. */
function addMember({ members }: EditedSet, { before, after, ...member }: SetMember): void {
  const reference = before ?? after;
  const at = reference === undefined ? -1 : members.findIndex(({ set }) => set === reference);
  members.splice(at < 0 ? members.length : at + (before === undefined ? 1 : 0), 0, member);
}

function removeMembers(set: EditedSet, members: readonly SetMember[]): void {
  const gone = new Set(members.map((member) => printElement(member, set.type)));
  set.members = set.members.filter((member) => !gone.has(printElement(member, set.type)));
}

function exchange(
  reader: WordReader,
  sets: Map<string, EditedSet>,
  { verb, set, other }: Extract<IpsetAction, { verb: "rename" | "swap" }>,
): void {
  const first = sets.get(set);
  const second = sets.get(other);
  if (!first || (verb === "swap" && !second)) {
    reader.fail(reader.words[1], "The set with the given name does not exist", "ERR_UNKNOWN_NAME");
  }
  if (verb === "rename" && second)
    reader.fail(reader.words[2], "Set cannot be renamed: a set with the new name already exists");
  sets.delete(set);
  sets.set(other, { ...first, name: other });
  if (second) sets.set(set, { ...second, name: set });
}

/** Prints sets as `ipset save` does, members in the order given. */
export function printIpsetSave(sets: readonly IpSet[]): string {
  const lines: string[] = [];
  for (const set of sets) {
    lines.push(printCreate(set));
    for (const member of set.members) lines.push(printMember(member, set.name, set.type));
  }
  return lines.map((line) => `${line}\n`).join("");
}

/** The `add` line of one member. */
export function printMember(member: SetMember, name: string, type: SetTypeName): string {
  let text = `add ${name} ${printElement(member, type)}`;
  if (member.timeout !== undefined) text += ` timeout ${member.timeout}`;
  if (member.nomatch) text += " nomatch";
  if (member.wildcard) text += " wildcard";
  if (member.packets !== undefined) text += ` packets ${member.packets}`;
  if (member.bytes !== undefined) text += ` bytes ${member.bytes}`;
  if (member.comment !== undefined) text += ` comment "${member.comment}"`;
  if (member.skbmark) text += ` skbmark ${printSkbmark(member.skbmark)}`;
  if (member.skbprio) text += ` skbprio ${member.skbprio.major.toString(16)}:${member.skbprio.minor.toString(16)}`;
  return member.skbqueue === undefined ? text : `${text} skbqueue ${member.skbqueue}`;
}

function printSkbmark({ mark, mask }: NonNullable<SetMember["skbmark"]>): string {
  return mask === 0xffffffff ? `0x${mark.toString(16)}` : `0x${mark.toString(16)}/0x${mask.toString(16)}`;
}
