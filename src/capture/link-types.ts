/** Link types that are read (www.tcpdump.org/linktypes.html). */
export const LINKTYPE_NULL = 0;
export const LINKTYPE_ETHERNET = 1;
export const LINKTYPE_RAW = 101;
export const LINKTYPE_LOOP = 108;
export const LINKTYPE_LINUX_SLL = 113;
export const LINKTYPE_IPV4 = 228;
export const LINKTYPE_IPV6 = 229;
export const LINKTYPE_NFLOG = 239;
export const LINKTYPE_LINUX_SLL2 = 276;
/** What some systems wrote into files for bare IP packets: their own DLT_RAW. */
export const DLT_RAW = 12;
export const DLT_RAW_OPENBSD = 14;

/** Names of link types that are not read, for the count of what was passed over. */
const UNREAD = new Map<number, string>([
  [6, "Token Ring"],
  [8, "SLIP"],
  [9, "PPP"],
  [10, "FDDI"],
  [50, "PPP in HDLC"],
  [51, "PPPoE"],
  [104, "Cisco HDLC"],
  [105, "IEEE 802.11"],
  [107, "Frame Relay"],
  [109, "OpenBSD IPsec"],
  [117, "OpenBSD pflog"],
  [119, "802.11 with Prism header"],
  [127, "802.11 with radiotap header"],
  [149, "user 2"],
  [189, "USB"],
  [192, "PPI"],
  [220, "USB"],
  [227, "CAN"],
  [242, "IP over InfiniBand"],
  [247, "InfiniBand"],
  [249, "USB"],
  [252, "Wireshark upper PDU"],
  [253, "netlink"],
  [258, "Apple pktap"],
  [271, "vsock"],
]);

/** What to call the frames of a link type that is not read. */
export function unreadLinkType(linkType: number): string {
  const name = UNREAD.get(linkType);
  return `frames of link type ${linkType}${name ? ` (${name})` : ""}, which is not read`;
}

const ETHERTYPES = new Map<number, string>([
  [0x0806, "ARP"],
  [0x8035, "RARP"],
  [0x809b, "AppleTalk"],
  [0x8137, "IPX"],
  [0x8809, "LACP and other slow protocols"],
  [0x8847, "MPLS"],
  [0x8848, "MPLS"],
  [0x8863, "PPPoE discovery"],
  [0x8864, "PPPoE"],
  [0x888e, "802.1X"],
  [0x88cc, "LLDP"],
  [0x88e5, "MACsec"],
  [0x88f7, "PTP"],
  [0x8906, "FCoE"],
  [0x9000, "loopback test"],
]);

/** From here on the field is an ethertype; below it is the length of an IEEE 802.3 frame (ETH_P_802_3_MIN). */
const SMALLEST_ETHERTYPE = 0x600;

/** What to call frames that are neither IPv4 nor IPv6, by the protocol that they state. */
export function protocolName(etherType: number): string {
  const name = ETHERTYPES.get(etherType);
  if (name) return name;
  if (etherType < SMALLEST_ETHERTYPE) return "IEEE 802.3 (LLC, spanning tree and the like)";
  return `ethertype 0x${etherType.toString(16).padStart(4, "0")}`;
}
