import { addressBytes, be16, checksum, concat, patch16 } from "../bytes.ts";
import { icmp, ip } from "../packets.ts";
import type { Random } from "../random.ts";

const IGMP = 2;
const LEAVE = 0x17;
const REPORT3 = 0x22;
const REPORTS = [0x12, 0x16];
const MLD_REPORT = 131;
const MLD_REPORT2 = 143;
const UNKNOWN = 200;
/** Hop-by-hop options: a router alert (RFC 2711) and padding. */
const ALERT = { type: 0, body: Uint8Array.of(0, 5, 2, 0, 0, 1, 0) };

/** A message about groups, as hosts send it, at times broken; no queries, for bridges begin to snoop with them. */
export function groupMessage(random: Random, from: string): { readonly packet: Uint8Array; readonly mac: string } {
  return from.includes(":") ? mldMessage(random, from) : igmpMessage(random, from);
}

function igmpMessage(random: Random, from: string) {
  const group = random.pick(["224.0.0.251", "239.1.2.3", "224.1.2.3"]);
  const type = random.pick([...REPORTS, LEAVE, REPORT3, 0x30]);
  const body =
    type === REPORT3
      ? concat(
          be16(0, random.pick([1, 1, 2])),
          Uint8Array.of(random.pick([2, 4]), 0),
          be16(random.pick([0, 0, 1])),
          addressBytes(group),
        )
      : addressBytes(group);
  const unsummed = concat(Uint8Array.of(type, 0, 0, 0), body);
  const message = patch16(unsummed, 2, checksum(unsummed) ^ (random.chance(0.15) ? 1 : 0));
  const to = type === REPORT3 ? "224.0.0.22" : type === LEAVE ? "224.0.0.2" : group;
  const cut = random.chance(0.1) ? message.subarray(0, 6) : message;
  return { packet: ip({ from, to }, IGMP, cut, { ttl: 1 }), mac: groupMac4(to) };
}

/** The MAC address that frames for a group have. */
export function groupMac(group: string): string {
  return group.includes(":") ? groupMac6(group) : groupMac4(group);
}

function groupMac4(group: string): string {
  const [, b, c, d] = addressBytes(group);
  return ["01", "00", "5e", ...[b! & 0x7f, c!, d!].map(digits)].join(":");
}

function mldMessage(random: Random, from: string) {
  const group = random.pick(["ff02::fb", "ff05::1:3", "ff0e::1234"]);
  const type = random.pick([MLD_REPORT, MLD_REPORT2, UNKNOWN, UNKNOWN]);
  const to = type === MLD_REPORT2 ? "ff02::16" : group;
  const ends = { from: random.pick([from, "fe80::1"]), to };
  const head = type === MLD_REPORT2 ? be16(0, random.pick([1, 1, 2])) : be16(0, 0);
  const record = type === MLD_REPORT2 ? concat(Uint8Array.of(4, 0), be16(random.pick([0, 0, 1]))) : new Uint8Array(0);
  const message = icmp(ends, type, 0, head, concat(record, addressBytes(group)), random.chance(0.15));
  const cut = random.chance(0.1) ? message.subarray(0, 20) : message;
  // The recorder takes reports with a router alert, and whatever comes to the routers' group, for the node's own, and leaves them out.
  const extensions = type === UNKNOWN ? [ALERT] : [];
  return { packet: ip(ends, 58, cut, { ttl: 1, extensions }), mac: groupMac6(to) };
}

function groupMac6(group: string): string {
  return ["33", "33", ...[...addressBytes(group).subarray(12)].map(digits)].join(":");
}

function digits(byte: number): string {
  return byte.toString(16).padStart(2, "0");
}
