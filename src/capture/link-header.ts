import { protocolName } from "./link-types.ts";

/** Tags that are followed; no real frame has more than two or three. */
const MOST_TAGS = 8;

const ETH_P_IP = 0x0800;
const ETH_P_IPV6 = 0x86dd;

/** What a link header says. One object is used over and over, so that reading a packet allocates nothing. */
export class LinkHeader {
  /** 4 or 6; 0 when the packet is not IP or cannot be read, see `reason`. */
  family: 0 | 4 | 6 = 0;
  /** What the packet is instead, in the same words for all of its kind, so that they can be counted. */
  reason = "";
  /** Bytes before the IP header, VLAN tags included. */
  macLength = 0;
  /** Bytes behind the IP packet that belong to the link layer. */
  tailLength = 0;
  /** A packet type as in `struct sockaddr_ll` (0 to this host ... 4 outgoing) for link types that state it, else 0. */
  packetType = 0;
  /** Where the addresses lie, from the start of the packet's data; -1 for link headers without. */
  destinationMac = -1;
  sourceMac = -1;
  /** Interface index that a cooked header (SLL2) states; 0 for none. */
  ifindex = 0;
  /** VLAN tags, outermost first: `tags[i]` for i below `tagCount`, the protocol in the upper 16 bits, the TCI below. */
  readonly tags = new Uint32Array(MOST_TAGS);
  tagCount = 0;

  reset(): void {
    this.family = 0;
    this.reason = "";
    this.macLength = 0;
    this.tailLength = 0;
    this.packetType = 0;
    this.destinationMac = -1;
    this.sourceMac = -1;
    this.ifindex = 0;
    this.tagCount = 0;
  }

  /** Notes a tag; false when there are too many. */
  addTag(protocol: number, tci: number): boolean {
    if (this.tagCount === MOST_TAGS) return false;
    this.tags[this.tagCount++] = (protocol << 16) | tci;
    return true;
  }

  /** The protocol behind the last tag: decides the family, or the reason. */
  setProtocol(etherType: number): void {
    if (etherType === ETH_P_IP) this.family = 4;
    else if (etherType === ETH_P_IPV6) this.family = 6;
    else this.reason = nameOf(etherType);
  }
}

const names = new Map<number, string>();

function nameOf(etherType: number): string {
  let name = names.get(etherType);
  if (name === undefined) {
    name = protocolName(etherType);
    names.set(etherType, name);
  }
  return name;
}
