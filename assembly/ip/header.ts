import { load16, store16 } from "../packet/bytes";
import { finish, replaceWord, sumBytes } from "../packet/checksum";
import { Packet } from "../packet/packet";

/** Recomputes the checksum of an IPv4 header (ip_send_check). */
export function setHeaderChecksum(header: usize): void {
  store16(header + 10, 0);
  store16(header + 10, finish(sumBytes(header, (<u32>load<u8>(header) & 15) * 4)));
}

/** Writes the packet's length into its header; IPv4 gets a new checksum. */
export function setLength(packet: Packet): void {
  if (packet.family == 6) {
    store16(packet.data + 4, packet.length - 40);
    return;
  }
  store16(packet.data + 2, packet.length);
  setHeaderChecksum(packet.data);
}

/** One hop less: the IPv4 checksum changes with it (ip_decrease_ttl). */
export function decreaseTtl(packet: Packet): void {
  const data = packet.data;
  if (packet.family == 6) {
    store<u8>(data, load<u8>(data, 7) - 1, 7);
    return;
  }
  const word = load16(data + 8);
  store16(data + 8, word - 0x100);
  replaceWord(data + 10, word, word - 0x100);
}
