import { Entry } from "./entry";

/** What TCP tracking keeps of one side (struct ip_ct_tcp_state), but for `scale` and `flags`. */
@unmanaged
export class TcpSide {
  /** Highest sequence number sent, plus one. */
  end: u32;
  /** Highest sequence number that the other side allows, plus one. */
  maxEnd: u32;
  /** Largest window that this side advertised; 0: nothing seen from it. */
  maxWindow: u32;
  /** Highest acknowledgement sent. */
  maxAck: u32;
}

/** The TCP part of an {@link Entry} (struct ip_ct_tcp), behind its common part. */
@unmanaged
export class TcpEntry extends Entry {
  end0: u32;
  maxEnd0: u32;
  maxWindow0: u32;
  maxAck0: u32;
  end1: u32;
  maxEnd1: u32;
  maxWindow1: u32;
  maxAck1: u32;
  /** Of the last packet that counted (or was let through unjudged). */
  lastSeq: u32;
  lastAck: u32;
  lastEnd: u32;
  lastWindow: u16;
  /** `TCP_*` flags below, for each side. */
  flags0: u8;
  flags1: u8;
  /** Window scale of each side. */
  scale0: u8;
  scale1: u8;
  /** A `TcpIndex`. */
  lastIndex: u8;
  lastDirection: u8;
  retransmissions: u8;
  /** Options of a SYN that was let through. */
  lastScale: u8;
  lastFlags: u8;

  side(direction: u32): TcpSide {
    return changetype<TcpSide>(changetype<usize>(this) + offsetof<TcpEntry>("end0") + (direction << 4));
  }

  flags(direction: u32): u32 {
    return load<u8>(changetype<usize>(this) + direction, offsetof<TcpEntry>("flags0"));
  }

  setFlags(direction: u32, flags: u32): void {
    store<u8>(changetype<usize>(this) + direction, flags, offsetof<TcpEntry>("flags0"));
  }

  scale(direction: u32): u32 {
    return load<u8>(changetype<usize>(this) + direction, offsetof<TcpEntry>("scale0"));
  }

  setScale(direction: u32, scale: u32): void {
    store<u8>(changetype<usize>(this) + direction, scale, offsetof<TcpEntry>("scale0"));
  }
}

/** Flags of a side (include/uapi/linux/netfilter/nf_conntrack_tcp.h). */
export const TCP_WINDOW_SCALE: u32 = 0x01;
export const TCP_SACK_PERM: u32 = 0x02;
/** This side closed first. */
export const TCP_CLOSE_INIT: u32 = 0x04;
/** Picked up in the middle: no window checks. */
export const TCP_BE_LIBERAL: u32 = 0x08;
export const TCP_DATA_UNACKNOWLEDGED: u32 = 0x10;
export const TCP_MAXACK_SET: u32 = 0x20;
/** In `lastFlags`: an ACK that answers a SYN which was let through may follow (RFC 5961). */
export const TCP_EXPECT_CHALLENGE: u32 = 0x40;
export const TCP_SIMULTANEOUS_OPEN: u32 = 0x80;

/** Kind of a segment, by its flags in this order of precedence: RST, SYN, FIN, ACK. */
export enum TcpIndex {
  Syn = 0,
  SynAck = 1,
  Fin = 2,
  Ack = 3,
  Rst = 4,
  None = 5,
}

assert(offsetof<TcpEntry>("end0") == 72 && offsetof<TcpEntry>() <= 128);
