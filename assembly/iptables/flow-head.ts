import { Pool } from "../memory/pool";
import { giveShortcut, Shortcut } from "./shortcut";

/**
 * What hangs on a direction of a connection: the memories of single tables (the first `FlowMemory` of a list), or a shortcut, or
 * a pair of both. The lowest bits of the address say which. Most connections have a shortcut alone: its tables need
 * no memories any more. Only one whose packets go several ways keeps them.
 */
@unmanaged
class FlowPair {
  shortcut: usize;
  memories: usize;
}

const SHORTCUT: usize = 1;
const PAIR: usize = 2;
const KIND: usize = 3;

const pairs = Pool.create(offsetof<FlowPair>());

/** The direction's shortcut, 0 for none. */
export function shortcutOf(head: usize): usize {
  if (head & SHORTCUT) return head & ~KIND;
  return head & PAIR ? changetype<FlowPair>(head & ~KIND).shortcut : 0;
}

/** Has the direction a shortcut and nothing else? @inline */
export function isSole(head: usize): bool {
  return (head & SHORTCUT) != 0;
}

/** The shortcut of a direction where that is so. @inline */
export function soleShortcutOf(head: usize): usize {
  return head - SHORTCUT;
}

/** The first of its memories, 0 for none. */
export function memoriesOf(head: usize): usize {
  if (head & SHORTCUT) return 0;
  return head & PAIR ? changetype<FlowPair>(head & ~KIND).memories : head;
}

/** The head with other memories. */
export function withMemories(head: usize, memories: usize): usize {
  if (head & PAIR) {
    changetype<FlowPair>(head & ~KIND).memories = memories;
    return head;
  }
  if (!(head & SHORTCUT)) return memories;
  const pair = changetype<FlowPair>(pairs.take());
  pair.shortcut = head & ~KIND;
  pair.memories = memories;
  return changetype<usize>(pair) | PAIR;
}

/**
 * The head with a shortcut, whose reference it takes. Memories without one are no longer needed: the caller frees what
 * {@link memoriesOf} gave before.
 */
export function withShortcut(head: usize, shortcut: Shortcut): usize {
  const old = shortcutOf(head);
  if (old != 0) giveShortcut(changetype<Shortcut>(old));
  if (!(head & PAIR)) return changetype<usize>(shortcut) | SHORTCUT;
  changetype<FlowPair>(head & ~KIND).shortcut = changetype<usize>(shortcut);
  return head;
}

/** Are the memories beside a shortcut, for packets that go other ways? */
export function isPair(head: usize): bool {
  return (head & PAIR) != 0;
}

/** Frees all but the memories. */
export function giveHead(head: usize): void {
  const shortcut = shortcutOf(head);
  if (shortcut != 0) giveShortcut(changetype<Shortcut>(shortcut));
  if (head & PAIR) pairs.give(head & ~KIND);
}
