import { load16, store16 } from "../../packet/bytes";
import { finish, fold, replaceWord } from "../../packet/checksum";
import { Packet } from "../../packet/packet";

/**
 * Changes a TCP checksum for one 16-bit word (inet_proto_csum_replace2). Where the card completes it (`partialChecksum`)
 * the field holds the pseudo-header's sum, which only words of the pseudo-header change.
 */
export function replaceTcpWord(packet: Packet, at: usize, from: u32, to: u32, isPseudo: bool): void {
  if (!packet.partialChecksum) replaceWord(at, from, to);
  else if (isPseudo) store16(at, ~finish(load16(at) + (~from & 0xffff) + to) & 0xffff);
}

/** The same for a 32-bit word of the segment. */
export function replaceTcpLong(packet: Packet, at: usize, from: u32, to: u32): void {
  if (packet.partialChecksum) return;
  const sum = (~load16(at) & 0xffff) + (~(from >> 16) & 0xffff) + (~from & 0xffff) + (to >> 16) + (to & 0xffff);
  store16(at, ~fold(sum) & 0xffff);
}
