import { Pool } from "../memory/pool";
import { pathNode } from "./path";

/**
 * Packets that took a shortcut (hooks/shortcut) count here, at the end of their path: two additions a packet for all tables
 * together. The table walks on the path get them when somebody asks (`foldPathCounts`).
 */
@unmanaged
export class PathCount {
  packets: u64;
  bytes: u64;
  path: u32;
  next: usize;
}

const counts = Pool.create(offsetof<PathCount>());
let first: usize = 0;

/** Where packets of this path are counted. Its node is an end: nothing goes on from there, so `recent` is free for this. */
export function pathCountOf(path: u32): PathCount {
  const end = pathNode(path);
  if (end.recent == 0) {
    const count = changetype<PathCount>(counts.take());
    count.path = path;
    count.next = first;
    first = changetype<usize>(count);
    end.recent = <u32>first;
  }
  return changetype<PathCount>(<usize>end.recent);
}

/** All of them: the first, then by `next`. */
export function firstPathCount(): usize {
  return first;
}
