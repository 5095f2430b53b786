import {
  MEMBER_AFTER,
  MEMBER_BEFORE,
  MEMBER_BYTES,
  MEMBER_MAC,
  MEMBER_NOMATCH,
  MEMBER_PACKETS,
  MEMBER_PHYSDEV,
  MEMBER_TIMEOUT,
  MEMBER_WILDCARD,
} from "../../assembly/abi/ipset.ts";
import { MemberRecordLayout as Layout } from "../core/layout.generated.ts";
import { getBigInt, getNumber, setNumber } from "../core/record.ts";
import type { IpSet, SetMember } from "../model/ipset.ts";

/** Members of sets as the core's records (assembly/ipset/member.ts), both ways. */

/** What of names and texts the core knows only as numbers. */
export interface MemberNames {
  /** Number of a set that a list:set names. */
  number(set: string): number;
  name(number: number): string;
  /** Number for a comment, and the text for a number. */
  keepComment(text: string | undefined): number;
  comment(number: number): string | undefined;
}

type Fields = { -readonly [Name in keyof SetMember]: SetMember[Name] };

export function writeMember(view: DataView, at: number, member: SetMember, names: MemberNames): void {
  new Uint8Array(view.buffer, at, Layout.byteLength).fill(0);
  const put = (field: { offset: number; type: string }, value: number | bigint | undefined) => {
    if (value !== undefined) setNumber(view, at, field, value);
  };
  const bytes = (field: { offset: number }, value: Uint8Array | undefined) => {
    if (value) new Uint8Array(view.buffer, at + field.offset, value.length).set(value);
  };
  put(Layout.flags, flagsOf(member));
  bytes(Layout.address0, member.address);
  bytes(Layout.second0, member.address2);
  bytes(Layout.mac, member.mac);
  if (member.interface !== undefined) bytes(Layout.interface0, new TextEncoder().encode(member.interface));
  put(Layout.prefix, member.prefix);
  put(Layout.secondPrefix, member.prefix2);
  put(Layout.protocol, member.protocol);
  put(Layout.port, member.port);
  put(Layout.mark, member.mark);
  put(Layout.timeout, member.timeout);
  put(Layout.packets, member.packets);
  put(Layout.bytes, member.bytes);
  put(Layout.skbmark, member.skbmark?.mark);
  put(Layout.skbmarkMask, member.skbmark?.mask);
  if (member.skbprio) put(Layout.skbPriority, ((member.skbprio.major << 16) | member.skbprio.minor) >>> 0);
  put(Layout.skbQueue, member.skbqueue);
  put(Layout.comment, names.keepComment(member.comment));
  if (member.set !== undefined) put(Layout.set, names.number(member.set));
  const reference = member.before ?? member.after;
  if (reference !== undefined) put(Layout.reference, names.number(reference));
}

function flagsOf(member: SetMember): number {
  let flags = 0;
  if (member.nomatch) flags |= MEMBER_NOMATCH;
  if (member.physdev) flags |= MEMBER_PHYSDEV;
  if (member.wildcard) flags |= MEMBER_WILDCARD;
  if (member.mac) flags |= MEMBER_MAC;
  if (member.timeout !== undefined) flags |= MEMBER_TIMEOUT;
  if (member.packets !== undefined) flags |= MEMBER_PACKETS;
  if (member.bytes !== undefined) flags |= MEMBER_BYTES;
  if (member.before !== undefined) flags |= MEMBER_BEFORE;
  if (member.after !== undefined) flags |= MEMBER_AFTER;
  return flags;
}

/** Reads a listed member; which fields it has follows from the set's type. */
export function readMember(view: DataView, at: number, set: IpSet, names: MemberNames): SetMember {
  const get = (field: { offset: number; type: string }) => getNumber(view, at, field);
  const flags = get(Layout.flags);
  const member: Fields = {};
  if (set.type === "list:set") member.set = names.name(get(Layout.set));
  else readElement(view, at, set, flags, member);
  if (flags & MEMBER_NOMATCH) member.nomatch = true;
  if (flags & MEMBER_TIMEOUT) member.timeout = get(Layout.timeout);
  if (flags & MEMBER_PACKETS) member.packets = getBigInt(view, at, Layout.packets);
  if (flags & MEMBER_BYTES) member.bytes = getBigInt(view, at, Layout.bytes);
  const mark = get(Layout.skbmark);
  const mask = get(Layout.skbmarkMask);
  if (mark !== 0 || mask !== 0) member.skbmark = { mark, mask };
  const priority = get(Layout.skbPriority);
  if (priority !== 0) member.skbprio = { major: priority >>> 16, minor: priority & 0xffff };
  const queue = get(Layout.skbQueue);
  if (queue !== 0) member.skbqueue = queue;
  const comment = names.comment(get(Layout.comment));
  if (comment !== undefined) member.comment = comment;
  return member;
}

function readElement(view: DataView, at: number, set: IpSet, flags: number, member: Fields): void {
  const get = (field: { offset: number; type: string }) => getNumber(view, at, field);
  const bytes = (field: { offset: number }, length: number) =>
    new Uint8Array(view.buffer, at + field.offset, length).slice();
  const dimensions = set.type.slice(set.type.indexOf(":") + 1).split(",");
  const size = set.family === 6 ? 16 : 4;
  let seen = 0;
  for (const dimension of dimensions) {
    switch (dimension) {
      case "ip":
      case "net":
        if (seen++ === 0) {
          member.address = bytes(Layout.address0, size);
          member.prefix = set.type.startsWith("bitmap:") ? 32 : get(Layout.prefix);
        } else {
          member.address2 = bytes(Layout.second0, size);
          member.prefix2 = get(Layout.secondPrefix);
        }
        break;
      case "port":
        member.port = get(Layout.port);
        if (set.type !== "bitmap:port") member.protocol = get(Layout.protocol);
        break;
      case "mac":
        if (flags & MEMBER_MAC) member.mac = bytes(Layout.mac, 6);
        break;
      case "mark":
        member.mark = get(Layout.mark);
        break;
      case "iface":
        member.interface = new TextDecoder().decode(bytes(Layout.interface0, 16)).replace(/\0.*$/s, "");
        if (flags & MEMBER_PHYSDEV) member.physdev = true;
        if (flags & MEMBER_WILDCARD) member.wildcard = true;
        break;
    }
  }
}
