import { copyAddress } from "../packet/bytes";
import { nowTicks } from "../packet/clock";
import { Tuple } from "./tuple";

/**
 * A connection that a packet of another one, its master, has announced (struct nf_conntrack_expect,
 * net/netfilter/nf_conntrack_expect.c). Who wants one:
 *
 * ```text
 *   const expectation = newExpectation(master);
 *   expectation.from(address, port)   // both optional: any
 *   expectation.to(address, port, protocol)
 *   expectation.onArrival = ...
 *   if (expectRelated(expectation) != Expect.Ok) ...   // it is freed then
 * ```
 * The first packet of a new connection that fits takes it out of the table (unless it is permanent); `track` makes the
 * connection RELATED and calls what `onArrival` says.
 */
@unmanaged
export class Expectation extends Tuple {
  /** An `OnArrival`. */
  onArrival: u8;
  /** `EXPECT_*` bits. */
  flags: u8;
  /** Source address and port as masks: all ones or nothing. */
  mask0: u64;
  mask1: u64;
  portMask: u32;
  /** Direction of the connection that packets of the expected one's original direction go in (exp->dir). */
  direction: u8;
  /** A `Helper` that the expected connection gets, and the one that expects it. */
  assignHelper: u8;
  helper: u8;
  /** The expectation class, of which a helper's policy speaks. */
  class: u8;
  /** Port that was announced, in network byte order, where NAT announced another one (saved_proto). */
  savedPort: u16;
  /** Address that was announced (saved_addr). */
  savedAddress0: u64;
  savedAddress1: u64;
  /** The entry that expects it; not held: its expectations end with it. */
  master: usize;
  /** Zone id of the master. */
  zoneId: u32;
  /** Tick at which it ends. */
  timeout: u64;
  /** Neighbours in the bucket, and in the master's list; both begin with the newest. */
  next: usize;
  nextOfMaster: usize;

  /** From this address (as in packets) and, with `port` (network byte order) not 0, from this port. */
  from(address: usize, family: u32, port: u32): void {
    copyAddress(changetype<usize>(this), address, family);
    this.mask0 = family == 4 ? 0xffffffff : ~(<u64>0);
    this.mask1 = family == 4 ? 0 : ~(<u64>0);
    if (port == 0) return;
    this.ports |= port & 0xffff;
    this.portMask = 0xffff;
  }

  /** To this address (as in packets) and port (network byte order). */
  to(address: usize, family: u32, port: u32, protocol: u32): void {
    copyAddress(changetype<usize>(this) + offsetof<Tuple>("destination0"), address, family);
    this.family = <u8>family;
    this.protocol = <u8>protocol;
    this.toPort(port);
  }

  toPort(port: u32): void {
    this.ports = (this.ports & 0xffff) | (port << 16);
  }
}

/** What an expected connection's first packet sets off (exp->expectfn). */
export enum OnArrival {
  Nothing = 0,
  /** It is translated as its master is (nf_nat_follow_master). */
  FollowMaster = 1,
  /** IPVS makes it a connection of its own (ip_vs_nfct_expect_callback). */
  Ipvs = 2,
}

export function isOver(expectation: Expectation): bool {
  return expectation.timeout <= nowTicks;
}
