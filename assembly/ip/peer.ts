import { allocate } from "../memory/allocate";
import { Pool } from "../memory/pool";
import { hz, nowTicks } from "../packet/clock";
import { config } from "../packet/config";
import { randomBelow } from "../packet/random";

/**
 * Limits on what the kernel tells senders: a bucket of tokens (one a tick) for every address, shared by all kinds of
 * messages (net/ipv4/inetpeer.c), and one for all ICMP errors together (icmp_global_allow).
 */
@unmanaged
export class Peer {
  address0: u64;
  address1: u64;
  /** Tick of the last change. */
  last: u64;
  tokens: u64;
  family: u32;
  /** Fragments that it has sent, modulo 2^32. */
  fragments: u32;
  /** Redirects sent that were not heeded. */
  redirects: u32;
  next: usize;
}

const BUCKETS: u32 = 1024;
const buckets: usize = allocate(BUCKETS << 2);
const peers = Pool.create(offsetof<Peer>());

/** Peers kept (inet_peer_threshold). Idle ones are as good as new after a minute, when their buckets are full. */
const MAX_PEERS: u32 = 65536 + 128;

/** The peer of an address (16 bytes); made with an almost full bucket. */
export function findPeer(family: u32, address: usize): Peer {
  const address0 = load<u64>(address);
  const address1 = load<u64>(address, 8);
  const bucket = bucketOf(address0, address1);
  for (let at = load<usize>(bucket); at != 0; at = changetype<Peer>(at).next) {
    const peer = changetype<Peer>(at);
    if (peer.address0 == address0 && peer.address1 == address1 && peer.family == family) return peer;
  }
  if (peers.live >= MAX_PEERS) forgetPeers();
  const peer = changetype<Peer>(peers.take());
  peer.address0 = address0;
  peer.address1 = address1;
  peer.family = family;
  peer.last = nowTicks - 60 * <u64>hz;
  peer.next = load<usize>(bucket);
  store<usize>(bucket, changetype<usize>(peer));
  return peer;
}

function bucketOf(address0: u64, address1: u64): usize {
  const hash = (address0 * 0x9e3779b97f4a7c15) ^ (address1 * 0xc2b2ae3d27d4eb4f);
  return buckets + ((<usize>((hash ^ (hash >> 32)) & (BUCKETS - 1))) << 2);
}

function forgetPeers(): void {
  for (let i: u32 = 0; i < BUCKETS; i++) {
    let at = load<usize>(buckets + (i << 2));
    while (at != 0) {
      const next = changetype<Peer>(at).next;
      peers.give(at);
      at = next;
    }
    store<usize>(buckets + (i << 2), 0);
  }
}

const BURST_FACTOR: u64 = 6;

/** inet_peer_xrlim_allow: one message each `ticks`, six at once. */
export function peerAllows(peer: Peer, ticks: u64): bool {
  return takeTokens(peer, ticks, BURST_FACTOR * ticks);
}

/** The limit of ip_error: one a second, five at once. */
export function peerAllowsError(peer: Peer): bool {
  return takeTokens(peer, hz, 5 * <u64>hz);
}

function takeTokens(peer: Peer, cost: u64, most: u64): bool {
  const tokens = min(peer.tokens + (nowTicks - peer.last), most);
  peer.last = nowTicks;
  const allowed = tokens >= cost;
  peer.tokens = allowed ? tokens - cost : tokens;
  return allowed;
}

let credit: i32 = 0;
let creditTick: u64 = 0;
let credited: bool = false;

/** Is there a token left of all ICMP messages a second? */
export function globalAllows(): bool {
  if (credit > 0) return true;
  const passed = credited ? min(nowTicks - creditTick, <u64>hz) : <u64>hz;
  if (passed < hz / 50) return false;
  const more = (<u64>config.icmpMsgsPerSec * passed) / hz;
  if (more == 0) return false;
  credited = true;
  creditTick = nowTicks;
  credit = <i32>min(<i64>credit + more, <i64>config.icmpMsgsBurst);
  return true;
}

/** Takes none, one or two tokens, so that nobody can count how many others had (icmp_global_consume). */
export function consumeGlobal(): void {
  credit -= <i32>randomBelow(3);
}

const REDIRECT_NUMBER: u32 = 9;

/** May the peer be sent a redirect now (ip_rt_send_redirect)? After nine without effect it is left alone for a while. */
export function peerAllowsRedirect(peer: Peer): bool {
  const load: u64 = hz / 50;
  if (nowTicks > peer.last + (load << 10)) {
    peer.tokens = 0;
    peer.redirects = 0;
  }
  if (peer.redirects >= REDIRECT_NUMBER) {
    peer.last = nowTicks;
    return false;
  }
  return peer.redirects == 0 || nowTicks > peer.last + (load << peer.redirects);
}

export function redirectSent(peer: Peer): void {
  peer.last = nowTicks;
  peer.redirects += 1;
}
