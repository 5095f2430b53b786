import { allocate, release } from "../memory/allocate";
import { Pool } from "../memory/pool";

/**
 * What the whole walk of one direction of a connection through the node came to, where nothing happened on it that could come
 * out differently for the next packet: every table's walk can be remembered, the packet was forwarded and left whole.
 * Nothing in it is of one connection alone, so that connections that are treated alike share one: it is always in the cache.
 * hooks/shortcut learns and takes it, hooks/express takes it.
 */
@unmanaged
export class Shortcut {
  // The key: all that tells one from another, SHORTCUT_KEY bytes.
  /** What tables and routes were then; others void it. */
  generation: u32;
  /** The whole path, its end included. */
  path: u32;
  ctMark: u32;
  mtu: u32;
  inDevice: u16;
  outDevice: u16;
  ctStatus: u16;
  ctinfo: u8;
  tos: u8;
  /** TCP flags, where a table's walk looked at them; else 0. */
  tcpFlags: u8;
  flagsKeyed: bool;
  /** Does NAT rewrite the packets? */
  isTranslated: bool;
  linkLength: u8;
  /** Number of the IPVS server whose connection the packets are of, 0 for none. */
  server: u32;
  /** The link header that the packets leave with, up to 14 bytes. */
  link0: u64;
  link1: u32;
  link2: u16;
  family: u8;
  /** Look-ups in IPVS' tables. */
  lookups: u8;
  // Of the record itself.
  /** Where packets are counted, a `PathCount`. */
  count: usize;
  /** Directions of connections that have it. */
  references: u32;
  hash: u32;
  /** The next one in its slot. */
  next: usize;
  // What hooks/express notes of it for hooks/express-plain, see there.
  /** The opening of the lane that it was noted in; 0: none. */
  vouched: u32;
  /** Bytes of the longest packet. */
  longest: u32;
  /** A multiple of 16 bytes from the beginning: what an ending has behind its number; the length is the packet's. */
  mac: u64;
  sameForAll: u64;
  endingPath: u32;
  endingLength: u32;
  endingDevice: u32;
  endingRest: u32;
}

const SHORTCUT_KEY: u32 = 48;
/** Two lines. */
const SHORTCUT_SIZE: u32 = 128;
const shortcuts = Pool.create(SHORTCUT_SIZE);

/** From a key's hash to the shortcuts that have it; as many slots as shortcuts at least. */
let slots: usize = allocate(256 << 2);
let slotMask: u32 = 255;

/** A place to write a key into, zeroed. */
export const shortcutKey = changetype<Shortcut>(memory.data(SHORTCUT_SIZE, 16));

export function clearShortcutKey(): void {
  memory.fill(changetype<usize>(shortcutKey), 0, SHORTCUT_KEY);
}

/** The shortcut with the key that stands in {@link shortcutKey}, with one more reference; a new one has no `count` yet. */
export function internShortcut(): Shortcut {
  const hash = hashKey(changetype<usize>(shortcutKey));
  for (let at = load<usize>(slotOf(hash)); at != 0; ) {
    const known = changetype<Shortcut>(at);
    if (known.hash == hash && isSameKey(at, changetype<usize>(shortcutKey))) {
      known.references += 1;
      return known;
    }
    at = known.next;
  }
  if (shortcuts.live > slotMask) growSlots();
  const made = changetype<Shortcut>(shortcuts.take());
  memory.copy(changetype<usize>(made), changetype<usize>(shortcutKey), SHORTCUT_KEY);
  made.hash = hash;
  made.references = 1;
  made.vouched = 0;
  link(made);
  return made;
}

/** One reference less; the last one frees it. */
export function giveShortcut(shortcut: Shortcut): void {
  shortcut.references -= 1;
  if (shortcut.references != 0) return;
  let at = slotOf(shortcut.hash);
  while (load<usize>(at) != changetype<usize>(shortcut)) at = load<usize>(at) + offsetof<Shortcut>("next");
  store<usize>(at, shortcut.next);
  shortcuts.give(changetype<usize>(shortcut));
}

/** Writes the link header: 16 bytes, of which those behind it are to be written over. */
export function copyLink(to: usize, shortcut: Shortcut): void {
  v128.store(to, v128.load(changetype<usize>(shortcut), offsetof<Shortcut>("link0")));
}

function slotOf(hash: u32): usize {
  return slots + ((<usize>(hash & slotMask)) << 2);
}

function link(shortcut: Shortcut): void {
  const slot = slotOf(shortcut.hash);
  shortcut.next = load<usize>(slot);
  store<usize>(slot, changetype<usize>(shortcut));
}

function growSlots(): void {
  const old = slots;
  const oldMask = slotMask;
  slotMask = slotMask * 2 + 1;
  slots = allocate((<usize>slotMask + 1) << 2);
  for (let i: u32 = 0; i <= oldMask; i++) {
    let at = load<usize>(old + (i << 2));
    while (at != 0) {
      const next = changetype<Shortcut>(at).next;
      link(changetype<Shortcut>(at));
      at = next;
    }
  }
  release(old);
}

function hashKey(key: usize): u32 {
  let hash: u64 = 0;
  for (let i: u32 = 0; i < SHORTCUT_KEY; i += 8) hash = (hash ^ load<u64>(key + i)) * 0x9e3779b97f4a7c15;
  return <u32>(hash >> 32);
}

function isSameKey(a: usize, b: usize): bool {
  let difference = v128.xor(v128.load(a), v128.load(b));
  difference = v128.or(difference, v128.xor(v128.load(a, 16), v128.load(b, 16)));
  difference = v128.or(difference, v128.xor(v128.load(a, 32), v128.load(b, 32)));
  return !v128.any_true(difference);
}

assert(offsetof<Shortcut>("count") == SHORTCUT_KEY && offsetof<Shortcut>() <= SHORTCUT_SIZE);
