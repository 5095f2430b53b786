/** Link headers that the core reads in captures; the host reads all others. */
export enum LinkForm {
  Other = 0,
  Ethernet = 1,
  /** A bare IP packet of either version (LINKTYPE_RAW). */
  Raw = 2,
  /** A bare IP packet of one version (LINKTYPE_IPV4, LINKTYPE_IPV6). */
  Ipv4 = 3,
  Ipv6 = 4,
  /** An address family in four bytes, in either order (LINKTYPE_NULL, LINKTYPE_LOOP). */
  Family = 5,
  /** Linux cooked (LINKTYPE_LINUX_SLL, LINKTYPE_LINUX_SLL2). */
  Sll = 6,
  Sll2 = 7,
}

/** What the host tells the core of the node's devices, so that it finds the one where a packet of a capture arrives. */
export enum PlaceKind {
  /** The device with a MAC address, 48 bits as they are read in order; {@link SHARED_PLACE} where several have it. */
  Mac = 0,
  /** The device with an interface index. */
  Ifindex = 1,
  /** The VLAN device above a device (the upper key), by the tag's protocol << 16 | VLAN id. */
  Vlan = 2,
  /** The bond that gets what arrives at a device. */
  Bond = 3,
  /** 1 for a device whose frames come to a bridge. */
  Bridged = 4,
  /** The MAC address of a device that tells its own frames. */
  OwnMac = 5,
}

export const SHARED_PLACE = 0x7fffffff;
/** In place of a device: every packet of an interface of the capture says by itself where it passed. */
export const EACH_PLACE = 0x7ffffffe;
