import { Announcement } from "../../abi/conntrack";
import { copyAddress } from "../../packet/bytes";
import { beginsWith, isDigit, number, port, readAddress6, readNumbers, readPort } from "./text";

export enum Found {
  No = 0,
  Yes = 1,
  /** The command begins, but does not go on as it should. */
  Partial = 2,
}

/** What {@link findCommand} found: the command, where its numbers lie in the payload, what they say. */
export let command: Announcement = Announcement.Port;
export let numbersAt: u32 = 0;
export let numbersLength: u32 = 0;
/** Address as in packets, 16 bytes; and the port. */
export const announcedAddress: usize = memory.data(16, 8);
export let announcedPort: u32 = 0;

const WORD_LENGTH: u32 = 4;
const PORT_WORD = memory.data<u8>([0x50, 0x4f, 0x52, 0x54]);
const EPRT_WORD = memory.data<u8>([0x45, 0x50, 0x52, 0x54]);
const PASV_WORD = memory.data<u8>([0x32, 0x32, 0x37, 0x20]);
const EPSV_WORD = memory.data<u8>([0x32, 0x32, 0x39, 0x20]);
const SPACE: u32 = 0x20;
const RETURN: u32 = 0x0d;
const PARENTHESIS: u32 = 0x28;
const COMMA: u32 = 0x2c;
const DOT: u32 = 0x2e;

/**
 * Looks for a command in a client's payload, or an answer in a server's (find_pattern, nf_conntrack_ftp.c).
 *
 * @param sender address that counts where none is named, 16 bytes.
 */
export function findCommand(payload: usize, length: u32, direction: u32, family: u32, sender: usize): Found {
  memory.copy(announcedAddress, sender, 16);
  command = direction == 0 ? Announcement.Port : Announcement.Pasv;
  const found = find(payload, length, direction == 0 ? PORT_WORD : PASV_WORD, direction == 0 ? SPACE : 0, family);
  if (found != Found.No) return found;
  command = direction == 0 ? Announcement.Eprt : Announcement.Epsv;
  return find(payload, length, direction == 0 ? EPRT_WORD : EPSV_WORD, direction == 0 ? SPACE : PARENTHESIS, family);
}

function find(payload: usize, length: u32, word: usize, skip: u32, family: u32): Found {
  if (length <= WORD_LENGTH) return beginsWith(payload, word, length) ? Found.Partial : Found.No;
  if (!beginsWith(payload, word, WORD_LENGTH)) return Found.No;
  let at = WORD_LENGTH;
  if (skip != 0) {
    while (at < length && load<u8>(payload + at) != skip) at += 1;
    if (at == length) return Found.Partial;
    at += 1;
  }
  numbersAt = at;
  numbersLength = read(payload + at, length - at, family);
  return numbersLength == 0 ? Found.Partial : Found.Yes;
}

function read(text: usize, length: u32, family: u32): u32 {
  switch (command) {
    case Announcement.Port:
      return readSix(text, length, RETURN);
    case Announcement.Pasv:
      return readAnswer(text, length);
    case Announcement.Eprt:
      return readExtended(text, length, family);
    default:
      return readExtendedAnswer(text, length);
  }
}

/** `192,168,1,1,5,6` */
function readSix(text: usize, length: u32, end: u32): u32 {
  const used = readNumbers(text, length, 6, COMMA, end);
  if (used == 0) return 0;
  noteAddress4();
  announcedPort = ((number(4) << 8) | number(5)) & 0xffff;
  return used;
}

/** Numbers are not checked: larger ones run into their neighbours. */
function noteAddress4(): void {
  const address = (number(0) << 24) | (number(1) << 16) | (number(2) << 8) | number(3);
  store<u32>(announced4, bswap<u32>(address));
  copyAddress(announcedAddress, announced4, 4);
}

const announced4 = memory.data(4, 4);

/** `Entering Passive Mode (192,168,1,1,5,6)`: the numbers begin with the first digit. */
function readAnswer(text: usize, length: u32): u32 {
  let skipped: u32 = 0;
  while (skipped < length && !isDigit(load<u8>(text + skipped))) skipped += 1;
  if (skipped == length) return 0;
  numbersAt += skipped;
  return readSix(text + skipped, length - skipped, 0);
}

function isDelimiter(byte: u32): bool {
  return !isDigit(byte) && byte >= 33 && byte <= 126;
}

/** `|1|132.235.1.2|6275|` or `|2|1080::8:800:200c:417a|5282|` */
function readExtended(text: usize, length: u32, family: u32): u32 {
  if (length <= 3) return 0;
  const delimiter: u32 = load<u8>(text);
  if (!isDelimiter(delimiter) || load<u8>(text, 2) != delimiter) return 0;
  if (load<u8>(text, 1) != (family == 4 ? 0x31 : 0x32)) return 0;
  let used: u32 = 0;
  if (family == 4) {
    used = readNumbers(text + 3, length - 3, 4, DOT, delimiter);
    if (used != 0) noteAddress4();
  } else {
    used = readAddress6(text + 3, length - 3, delimiter, announcedAddress);
  }
  return used == 0 ? 0 : notePort(readPort(text, 3 + used + 1, length, delimiter));
}

/** `|||6446|` */
function readExtendedAnswer(text: usize, length: u32): u32 {
  if (length <= 3) return 0;
  const delimiter: u32 = load<u8>(text);
  if (!isDelimiter(delimiter) || load<u8>(text, 1) != delimiter || load<u8>(text, 2) != delimiter) return 0;
  return notePort(readPort(text, 3, length, delimiter));
}

function notePort(used: u32): u32 {
  announcedPort = port;
  return used;
}
