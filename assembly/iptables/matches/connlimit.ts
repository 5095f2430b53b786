import { allocate } from "../../memory/allocate";
import { copyAddress } from "../../packet/bytes";
import { Packet } from "../../packet/packet";
import { CONSULTED_STATE, context } from "../context";
import { countConnections, freeConncount, newConncount } from "./conncount";

/** -m connlimit (net/netfilter/xt_connlimit.c). */
@unmanaged
export class ConnlimitTest {
  mask0: u64;
  mask1: u64;
  limit: u32;
  /** The rule's lists of connections. */
  lists: usize;
  fromDestination: bool;
  /** At most so many, not more. */
  upto: bool;
}

export function beginConnlimit(test: ConnlimitTest): void {
  test.lists = newConncount();
}

export function endConnlimit(test: ConnlimitTest): void {
  freeConncount(test.lists);
}

const key = allocate(16);

export function matchesConnlimit(packet: Packet, test: ConnlimitTest): bool {
  context.consulted |= CONSULTED_STATE;
  copyAddress(key, test.fromDestination ? packet.destination : packet.source, packet.family);
  store<u64>(key, load<u64>(key) & test.mask0);
  store<u64>(key, load<u64>(key, 8) & test.mask1, 8);
  const count = countConnections(test.lists, key, packet);
  if (count == 0) {
    context.hotdrop = true;
    return false;
  }
  return count > test.limit != test.upto;
}
