import { Announcement, Complaint, Helper } from "../abi/conntrack";
import { Verdict } from "../abi/netfilter";
import { Entry } from "../conntrack/entry";
import { Expectation, giveExpectation, OnArrival, unexpect } from "../conntrack/expectation";
import { complain } from "../conntrack/helper/complain";
import { command, numbersAt, numbersLength } from "../conntrack/helper/ftp-command";
import { loadTuple, newTuple, Tuple } from "../conntrack/tuple";
import { load16 } from "../packet/bytes";
import { Packet } from "../packet/packet";
import { expectOnFreePort } from "./follow-master";
import { mangleTcp } from "./mangle";

const other = newTuple();
const text = memory.data(64);
let textLength: u32 = 0;

const BAR: u32 = 0x7c;
const COMMA: u32 = 0x2c;
const DOT: u32 = 0x2e;
const COLON: u32 = 0x3a;

/**
 * NAT of FTP (net/netfilter/nf_nat_ftp.c): the other side must hear an address that it can reach, so the command is written
 * anew, and the data connection will be translated as this one. Takes the expectation.
 */
export function announceByNat(packet: Packet, entry: Entry, expectation: Expectation): Verdict {
  const direction: u32 = packet.isReply ? 1 : 0;
  loadTuple(entry, direction ^ 1, other);
  const announced = expectation.ports >> 16;
  expectation.savedPort = <u16>announced;
  expectation.direction = <u8>(direction ^ 1);
  expectation.onArrival = <u8>OnArrival.FollowMaster;
  const port = expectOnFreePort(expectation, bswap<u16>(<u16>announced));
  if (port == 0) {
    complain(packet, Helper.Ftp, Complaint.PortsInUse);
    giveExpectation(expectation);
    return Verdict.Drop;
  }
  write(changetype<usize>(other) + offsetof<Tuple>("destination0"), packet.family, port);
  if (mangleTcp(packet, entry, numbersAt, numbersLength, text, textLength)) return Verdict.Accept;
  complain(packet, Helper.Ftp, Complaint.CannotMangle);
  unexpect(expectation);
  return Verdict.Drop;
}

/** Address and port in the form of the command that is replaced. */
function write(address: usize, family: u32, port: u32): void {
  textLength = 0;
  switch (command) {
    case Announcement.Port:
    case Announcement.Pasv:
      writeAddress4(address, COMMA);
      put(COMMA);
      putNumber(port >> 8);
      put(COMMA);
      putNumber(port & 255);
      return;
    case Announcement.Eprt:
      put(BAR);
      put(family == 4 ? 0x31 : 0x32);
      put(BAR);
      if (family == 4) writeAddress4(address, DOT);
      else writeAddress6(address);
      put(BAR);
      break;
    default:
      put(BAR);
      put(BAR);
      put(BAR);
  }
  putNumber(port);
  put(BAR);
}

function writeAddress4(address: usize, separator: u32): void {
  for (let i: u32 = 0; i < 4; i++) {
    if (i != 0) put(separator);
    putNumber(load<u8>(address + i));
  }
}

/** All eight words, four digits each. */
function writeAddress6(address: usize): void {
  for (let i: u32 = 0; i < 16; i += 2) {
    if (i != 0) put(COLON);
    const word = load16(address + i);
    for (let shift: i32 = 12; shift >= 0; shift -= 4) {
      const digit = (word >> shift) & 15;
      put(digit < 10 ? digit + 0x30 : digit + 0x57);
    }
  }
}

function put(byte: u32): void {
  store<u8>(text + textLength, byte);
  textLength += 1;
}

function putNumber(value: u32): void {
  let divisor: u32 = 10000;
  while (divisor > value && divisor > 1) divisor /= 10;
  for (; divisor != 0; divisor /= 10) put(0x30 + ((value / divisor) % 10));
}
