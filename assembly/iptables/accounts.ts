import { allocate, release } from "../memory/allocate";

/** An object that -m nfacct counts in (net/netfilter/nfnetlink_acct.c). It outlives the rules that name it. */
@unmanaged
export class Account {
  packets: u64;
  bytes: u64;
  /** An `AccountQuota`, and its limit. */
  quotaOf: u32;
  /** Was the quota reached, and said so (NFACCT_OVERQUOTA)? */
  reported: u32;
  quota: u64;
}

/** By number, 0 for none. */
let accounts: usize = 0;
let capacity: u32 = 0;

/** The record of an object; made, with all zeros, when it is asked for first. */
export function account(number: u32): Account {
  if (number >= capacity) grow(number);
  const at = accounts + (number << 2);
  if (load<usize>(at) == 0) store<usize>(at, allocate(offsetof<Account>()));
  return changetype<Account>(load<usize>(at));
}

/** The same, for the host. */
export function accountAddress(number: u32): usize {
  return changetype<usize>(account(number));
}

function grow(number: u32): void {
  const needed = (number | 15) + 1;
  const moved = allocate(needed << 2);
  memory.copy(moved, accounts, capacity << 2);
  release(accounts);
  accounts = moved;
  capacity = needed;
}
