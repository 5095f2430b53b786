/** Link headers that the core reads in captures; the host reads all others. */
export enum LinkForm {
  Other = 0,
  Ethernet = 1,
  /** A bare IP packet of either version (LINKTYPE_RAW). */
  Raw = 2,
}
