import { Complaint, CtInfo, Helper, HelperOutcome, IPS_DST_NAT, IPS_SRC_NAT } from "../../abi/conntrack";
import { Verdict } from "../../abi/netfilter";
import { PROTO_TCP } from "../../abi/protocol";
import { announceByNat } from "../../nat/ftp";
import { load32, sameAddress } from "../../packet/bytes";
import { config } from "../../packet/config";
import { Packet } from "../../packet/packet";
import { Entry } from "../entry";
import { Expect, expectRelated, giveExpectation, newExpectation } from "../expectation";
import { Help } from "../extension";
import { loadTuple, newTuple, Tuple } from "../tuple";
import { complain } from "./complain";
import { noteFinding } from "./finding";
import { announcedAddress, announcedPort, command, Found, findCommand } from "./ftp-command";

const NEW_LINE: u32 = 0x0a;

const sender = newTuple();
const receiver = newTuple();

/**
 * The FTP helper (net/netfilter/nf_conntrack_ftp.c): reads commands and answers that announce a data connection, and expects
 * it. Looks only at segments that begin a line, which it knows by the last two sequence numbers that followed one.
 */
export function helpFtp(packet: Packet, entry: Entry, help: Help): Verdict {
  if (packet.ctinfo != CtInfo.Established && packet.ctinfo != CtInfo.EstablishedReply) return Verdict.Accept;
  if (!packet.hasTransport(20)) return Verdict.Accept;
  const header = packet.transport;
  const headerSize = (<u32>load<u8>(header, 12) >> 4) << 2;
  if (packet.transportLength <= headerSize) return Verdict.Accept;
  const length = packet.transportLength - headerSize;
  const direction: u32 = packet.isReply ? 1 : 0;
  const seq = load32(header + 4);
  const endsLine = load<u8>(header + headerSize + length - 1) == NEW_LINE;

  let verdict: Verdict = Verdict.Accept;
  if (beginsLine(help, direction, seq)) {
    loadTuple(entry, direction, sender);
    const source = changetype<usize>(sender);
    const found = findCommand(header + headerSize, length, direction, packet.family, source);
    if (found == Found.No) noteFinding(packet, Helper.Ftp, HelperOutcome.Nothing);
    if (found == Found.Partial) {
      noteFinding(packet, Helper.Ftp, HelperOutcome.Partial, command);
      const partial: u32 = command;
      complain(packet, Helper.Ftp, partial);
      return Verdict.Drop;
    }
    if (found == Found.Yes) verdict = expectData(packet, entry, direction);
  } else {
    noteFinding(packet, Helper.Ftp, HelperOutcome.NotALine);
  }
  if (endsLine) noteLine(help, direction, seq + length);
  return verdict;
}

/** The address in the command is the sender's own, but for servers behind a NAT of their own, with `loose`. */
function expectData(packet: Packet, entry: Entry, direction: u32): Verdict {
  loadTuple(entry, direction ^ 1, receiver);
  let address = changetype<usize>(receiver) + offsetof<Tuple>("destination0");
  if (!sameAddress(announcedAddress, changetype<usize>(sender))) {
    if (!config.ftpLoose) {
      noteAnnounced(packet, HelperOutcome.OtherAddress, packet.length, 0);
      return Verdict.Accept;
    }
    address = announcedAddress;
  }
  const length = packet.length;
  const expectation = newExpectation(entry);
  expectation.from(changetype<usize>(receiver), packet.family, 0);
  expectation.to(address, packet.family, bswap<u16>(<u16>announcedPort), PROTO_TCP);
  if (config.natFtp && entry.status & (IPS_SRC_NAT | IPS_DST_NAT)) {
    const verdict = announceByNat(packet, entry, expectation);
    if (verdict == Verdict.Accept) noteAnnounced(packet, HelperOutcome.Expects, length, changetype<usize>(expectation));
    else noteAnnounced(packet, HelperOutcome.Refused, length, 0);
    return verdict;
  }
  if (expectRelated(expectation) == Expect.Ok) {
    noteAnnounced(packet, HelperOutcome.Expects, length, changetype<usize>(expectation));
    return Verdict.Accept;
  }
  noteAnnounced(packet, HelperOutcome.Refused, length, 0);
  complain(packet, Helper.Ftp, Complaint.CannotExpect);
  giveExpectation(expectation);
  return Verdict.Drop;
}

function noteAnnounced(packet: Packet, outcome: HelperOutcome, length: u32, expectation: usize): void {
  noteFinding(packet, Helper.Ftp, outcome, command, announcedAddress, announcedPort, length, expectation);
}

function linesAt(help: Help, direction: u32): usize {
  return changetype<usize>(help) + offsetof<Help>("originalLine0") + (direction << 3);
}

function knownAt(help: Help, direction: u32): usize {
  return changetype<usize>(help) + offsetof<Help>("originalLines") + direction;
}

function beginsLine(help: Help, direction: u32, seq: u32): bool {
  const lines = linesAt(help, direction);
  const known: u32 = load<u8>(knownAt(help, direction));
  if ((known > 0 && load<u32>(lines) == seq) || (known > 1 && load<u32>(lines, 4) == seq)) return true;
  const bit: u32 = 1 << direction;
  if (!(help.pickUp & bit)) return false;
  help.pickUp &= <u8>~bit;
  return true;
}

/** Remembers a sequence number behind an end of line; of three the oldest goes (update_nl_seq). */
function noteLine(help: Help, direction: u32, seq: u32): void {
  const lines = linesAt(help, direction);
  const known: u32 = load<u8>(knownAt(help, direction));
  if ((known > 0 && load<u32>(lines) == seq) || (known > 1 && load<u32>(lines, 4) == seq)) return;
  if (known < 2) {
    store<u32>(lines + (known << 2), seq);
    store<u8>(knownAt(help, direction), known + 1);
    return;
  }
  const oldest: usize = <i32>(load<u32>(lines) - load<u32>(lines, 4)) < 0 ? 0 : 4;
  if (<i32>(seq - load<u32>(lines + oldest)) > 0) store<u32>(lines + oldest, seq);
}
