/** What a protocol's tracker says of a packet (the kernel's NF_ACCEPT, -NF_ACCEPT, -NF_REPEAT, NF_DROP). */
export enum Tracking {
  /** Belongs to the connection. */
  Accept = 0,
  /** Not a valid part of it: the packet goes on without entry. */
  Invalid = 1,
  /** The entry was ended; look up again. */
  Repeat = 2,
  Drop = 3,
}
