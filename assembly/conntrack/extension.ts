import { Direction, IPS_HELPER } from "../abi/conntrack";
import { Pool } from "../memory/pool";
import { coldOf, Entry } from "./entry";

/**
 * What few connections have (struct nf_ct_ext): labels, a master, a helper, shifted sequence numbers, more than 2^32 packets.
 * Other entries pay the four bytes of a reference in their cold part.
 */
@unmanaged
export class Extension {
  /** The 128 labels, bit 0 first. */
  labels0: u64;
  labels1: u64;
  /** The connection that this one was expected by (an entry, held), 0 for none. */
  master: usize;
  /** A {@link Help}, 0 for none. */
  help: usize;
  /** Two {@link SeqAdjust}, original and reply; 0 for none. */
  seqAdjust: usize;
  /** What listeners hear of (a bit for each `CtEvent`), and what has happened that they have not heard of yet. */
  eventMask: u16;
  eventCache: u16;
  /** Does it keep when it began and ended (nf_conntrack_timestamp)? */
  isTimed: u8;
  /** Virtual time at which it was confirmed, and at which its time came or it was ended; 0: not yet. Nanoseconds. */
  startNs: u64;
  stopNs: u64;
  /** Upper 32 bits of the packets of a direction. */
  originalPacketsHigh: u32;
  replyPacketsHigh: u32;
}

/** What a connection with a helper keeps (struct nf_conn_help, and of FTP nf_ct_ftp_master). */
@unmanaged
export class Help {
  /** First of the expectations that this connection is the master of, newest first; 0 for none. */
  expectations: usize;
  /** How many there are. */
  expecting: u16;
  /** A `Helper`. */
  helper: u8;
  /** FTP: may a direction's next segment begin in the middle of a line (bit = direction)? */
  pickUp: u8;
  /** FTP: sequence numbers behind the last two ends of line, of each direction, and how many of them are known. */
  originalLine0: u32;
  originalLine1: u32;
  replyLine0: u32;
  replyLine1: u32;
  originalLines: u8;
  replyLines: u8;
}

/** By how many bytes a direction's sequence numbers are shifted, before and after a place (struct nf_ct_seqadj). */
@unmanaged
export class SeqAdjust {
  position: u32;
  before: i32;
  after: i32;
}

const extensions = Pool.create(offsetof<Extension>());
const helps = Pool.create(offsetof<Help>());
const adjustments = Pool.create(2 * offsetof<SeqAdjust>());

/** The entry's extension, a new one where it has none. */
export function extensionOf(entry: Entry): Extension {
  const cold = coldOf(entry);
  if (cold.extension == 0) cold.extension = extensions.take();
  return changetype<Extension>(cold.extension);
}

/** The connection that expected this one, 0 for none. */
export function masterOf(entry: Entry): usize {
  const extension = coldOf(entry).extension;
  return extension == 0 ? 0 : changetype<Extension>(extension).master;
}

/** Its {@link Help}, 0 where it never had a helper. */
export function helpOf(entry: Entry): usize {
  const extension = coldOf(entry).extension;
  return extension == 0 ? 0 : changetype<Extension>(extension).help;
}

/** Its `Helper`. */
export function helperOf(entry: Entry): u32 {
  const help = helpOf(entry);
  return help == 0 ? 0 : changetype<Help>(help).helper;
}

/** Half of the labels, 0 to 63 or 64 to 127. */
export function labelsOf(entry: Entry, half: u32): u64 {
  const extension = coldOf(entry).extension;
  return extension == 0 ? 0 : load<u64>(extension + (half << 3));
}

/** Upper 32 bits of a direction's packets. */
export function packetsHigh(entry: Entry, direction: u32): u32 {
  const extension = coldOf(entry).extension;
  return extension == 0 ? 0 : load<u32>(extension + (direction << 2), offsetof<Extension>("originalPacketsHigh"));
}

export function setPacketsHigh(entry: Entry, direction: u32, high: u32): void {
  if (high == packetsHigh(entry, direction)) return;
  const extension = changetype<usize>(extensionOf(entry));
  store<u32>(extension + (direction << 2), high, offsetof<Extension>("originalPacketsHigh"));
}

/** Packets of a direction. `ct` is the address in `Packet.ct`, never 0. */
export function ctPackets(ct: usize, direction: Direction): u64 {
  const low = load<u32>(ct + (direction << 2), offsetof<Entry>("originalPackets"));
  return ((<u64>packetsHigh(changetype<Entry>(ct), direction)) << 32) | low;
}

/** Gives the connection room for a helper (nf_ct_helper_ext_add); only connections that have it may expect others. */
export function addHelp(entry: Entry): Help {
  const extension = extensionOf(entry);
  if (extension.help == 0) extension.help = helps.take();
  entry.addStatus(IPS_HELPER);
  return changetype<Help>(extension.help);
}

/** Lets the connection's sequence numbers be shifted later (nfct_seqadj_ext_add). */
export function addSeqAdjust(entry: Entry): void {
  const extension = extensionOf(entry);
  if (extension.seqAdjust == 0) extension.seqAdjust = adjustments.take();
}

/** The shift of a direction, null where {@link addSeqAdjust} was not called. */
export function seqAdjustOf(entry: Entry, direction: u32): SeqAdjust | null {
  const extension = coldOf(entry).extension;
  if (extension == 0) return null;
  const first = changetype<Extension>(extension).seqAdjust;
  return first == 0 ? null : changetype<SeqAdjust>(first + direction * offsetof<SeqAdjust>());
}

/** Frees the extension. Its expectations must have ended, and its master been given back. */
export function giveExtension(entry: Entry): void {
  const cold = coldOf(entry);
  const extension = changetype<Extension>(cold.extension);
  if (extension.help != 0) helps.give(extension.help);
  if (extension.seqAdjust != 0) adjustments.give(extension.seqAdjust);
  extensions.give(cold.extension);
  cold.extension = 0;
}
