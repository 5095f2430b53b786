import { beginsWith, isDigit, readAddress6 } from "../conntrack/helper/text";
import { copyAddress, load16 } from "../packet/bytes";
import { checksFtpWell } from "./versions";

/**
 * Addresses and ports in the commands and answers of FTP, as IPVS reads them (ip_vs_ftp_get_addrport). It differs in small
 * things from what conntrack's helper accepts.
 */

/** What {@link readSix} and {@link readExtended} found: address (as in packets, 16 bytes) and port. */
export const announcedAddress: usize = memory.data(16, 8);
export let announcedPort: u32 = 0;
/** Where that lies in the payload: first byte, and the byte behind it. */
export let announcedFrom: usize = 0;
export let announcedEnd: usize = 0;

const WORD_LENGTH: usize = 4;
const COMMA: u32 = 0x2c;
const DOT: u32 = 0x2e;
const PARENTHESIS: u32 = 0x28;
const FAMILY_IPV4: u32 = 0x31;
const FAMILY_IPV6: u32 = 0x32;
const NONE: usize = 0;

const six = memory.data(6);

/** What stands before the numbers: a space in commands, a parenthesis in answers. */
function separatorOf(isAnswer: bool): u32 {
  return isAnswer ? PARENTHESIS : 0x20;
}

/** `PORT 192,168,1,1,5,6`, or an answer to PASV (`227 ... (192,168,1,1,5,6)`), of which the parenthesis may lack. */
export function readSix(text: usize, end: usize, word: usize, isAnswer: bool): bool {
  let at = behindWord(text, end, word, separatorOf(isAnswer), true);
  if (at == NONE) return false;
  announcedFrom = at;
  let index: u32 = 0;
  store<u8>(six, 0);
  for (; at < end; at++) {
    const byte: u32 = load<u8>(at);
    if (isDigit(byte)) {
      const value = <u32>load<u8>(six + index) * 10 + byte - 0x30;
      if (value > 255 && checksFtpWell()) return false;
      store<u8>(six + index, value);
    } else if (byte == COMMA && index < 5) {
      index += 1;
      store<u8>(six + index, 0);
    } else {
      break;
    }
  }
  if (at == end || index != 5) return false;
  announcedEnd = at;
  copyAddress(announcedAddress, six, 4);
  announcedPort = load16(six + 4);
  return true;
}

/** `EPRT |1|192.168.1.1|5282|`, or an answer to EPSV (`229 ... (|||6446|)`), which says nothing of the address, mostly. */
export function readExtended(text: usize, end: usize, word: usize, isAnswer: bool, family: u32): bool {
  const from = behindWord(text, end, word, separatorOf(isAnswer), false);
  if (from == NONE || from + 1 >= end) return false;
  const delimiter: u32 = load<u8>(from);
  if (delimiter < 33 || delimiter > 126) return false;
  const port = load<u8>(from, 1) == delimiter ? behindNothing(from, end, isAnswer) : behindAddress(from, end, family);
  return port != NONE && readPort(from, port, end, delimiter);
}

/** `|||`: neither family nor address. */
function behindNothing(from: usize, end: usize, isAnswer: bool): usize {
  if (!isAnswer || from + 2 >= end || load<u8>(from, 2) != load<u8>(from)) return NONE;
  return from + 3;
}

/** `|1|192.168.1.1|`: only of the connection's own family. */
function behindAddress(from: usize, end: usize, family: u32): usize {
  const delimiter: u32 = load<u8>(from);
  if (load<u8>(from, 1) != (family == 6 ? FAMILY_IPV6 : FAMILY_IPV4)) return NONE;
  const address = from + 3;
  if (address >= end || load<u8>(from, 2) != delimiter) return NONE;
  const length = <u32>(end - address);
  const used =
    family == 6
      ? readAddress6(address, length, delimiter, announcedAddress)
      : readAddress4(address, end, delimiter, announcedAddress);
  if (used == 0 || used >= length || load<u8>(address + used) != delimiter) return NONE;
  return address + used + 1;
}

function readPort(from: usize, port: usize, end: usize, delimiter: u32): bool {
  let value: u32 = 0;
  let at = port;
  for (; at < end && isDigit(load<u8>(at)); at++) {
    value = value * 10 + load<u8>(at) - 0x30;
    if (value > 65535 && checksFtpWell()) return false;
    value &= 0xffff;
  }
  if (at == end || value == 0 || load<u8>(at) != delimiter) return false;
  announcedFrom = from;
  announcedEnd = at + 1;
  announcedPort = value;
  return true;
}

/**
 * @param isBare whether numbers may follow the word without the separator.
 * @returns where the numbers begin, `NONE` where the text is otherwise.
 */
function behindWord(text: usize, end: usize, word: usize, separator: u32, isBare: bool): usize {
  if (end - text < WORD_LENGTH || !beginsWith(text, word, WORD_LENGTH)) return NONE;
  let isFound = false;
  for (let at = text + WORD_LENGTH; at < end; at++) {
    const byte: u32 = load<u8>(at);
    if (isFound && byte != separator) return at;
    if (!isFound && isBare && isDigit(byte)) return at;
    if (byte == separator) isFound = true;
  }
  return NONE;
}

/** An IPv4 address that a delimiter follows (in4_pton). @returns its length, 0 where there is none. */
function readAddress4(text: usize, end: usize, delimiter: u32, to: usize): u32 {
  let at = text;
  for (let i: u32 = 0; i < 4; i++) {
    const from = at;
    let value: u32 = 0;
    for (; at < end && isDigit(load<u8>(at)); at++) {
      value = value * 10 + load<u8>(at) - 0x30;
      if (value > 255) return 0;
    }
    if (at == from || at == end || load<u8>(at) != (i < 3 ? DOT : delimiter)) return 0;
    store<u8>(six + i, value);
    at += 1;
  }
  copyAddress(to, six, 4);
  return <u32>(at - 1 - text);
}
