import { StepKind } from "../abi/trace";
import { allocate, release } from "../memory/allocate";

/**
 * Paths: a trie whose nodes are (parent, step). Packets that took the same steps have the same node, so a path is one
 * number. Node 0 is the empty path.
 */
@unmanaged
export class PathNode {
  parent: u32;
  /** `StepKind` in the upper 4 bits, what it names in the lower 28. */
  step: u32;
  /** The step that the last packet took from here, and where it led: mostly the next one takes it too. */
  recentStep: u32;
  recent: u32;
}

export const PATH_NODE_SIZE: u32 = <u32>offsetof<PathNode>();

let nodes: usize = allocate(1024 * PATH_NODE_SIZE);
let capacity: u32 = 1024;
let count: u32 = 1;

/** Open addressing from (parent, step) to the node's number; 0 is empty. */
let slots: usize = allocate(4096 * 4);
let slotMask: u32 = 4095;

/** The path that goes on from `parent` with this step. */
export function extendPath(parent: u32, kind: StepKind, payload: u32): u32 {
  const step = ((<u32>kind) << 28) | (payload & 0x0fffffff);
  const node = pathNode(parent);
  if (node.recentStep == step) return node.recent;
  const number = findStep(parent, step);
  // The trie may have moved.
  const moved = pathNode(parent);
  moved.recentStep = step;
  moved.recent = number;
  return number;
}

function findStep(parent: u32, step: u32): u32 {
  let slot = hashStep(parent, step) & slotMask;
  while (true) {
    const number = load<u32>(slots + (slot << 2));
    if (number == 0) return insert(slot, parent, step);
    const node = pathNode(number);
    if (node.parent == parent && node.step == step) return number;
    slot = (slot + 1) & slotMask;
  }
  return 0;
}

export function pathNode(number: u32): PathNode {
  return changetype<PathNode>(nodes + number * PATH_NODE_SIZE);
}

export function pathCount(): u32 {
  return count;
}

/** Where the host reads the nodes; moves when the trie grows. */
export function pathNodes(): usize {
  return nodes;
}

function hashStep(parent: u32, step: u32): u32 {
  const mixed = (((<u64>parent) << 32) | step) * 0x9e3779b97f4a7c15;
  return <u32>(mixed >> 32);
}

function insert(slot: u32, parent: u32, step: u32): u32 {
  if (count == capacity) growNodes();
  const number = count++;
  const node = pathNode(number);
  node.parent = parent;
  node.step = step;
  store<u32>(slots + (slot << 2), number);
  if (count * 2 > slotMask) growSlots();
  return number;
}

function growNodes(): void {
  const moved = allocate(capacity * 2 * PATH_NODE_SIZE);
  memory.copy(moved, nodes, capacity * PATH_NODE_SIZE);
  release(nodes);
  nodes = moved;
  capacity *= 2;
}

function growSlots(): void {
  release(slots);
  slotMask = slotMask * 2 + 1;
  slots = allocate((<usize>slotMask + 1) * 4);
  for (let number: u32 = 1; number < count; number++) {
    const node = pathNode(number);
    let slot = hashStep(node.parent, node.step) & slotMask;
    while (load<u32>(slots + (slot << 2)) != 0) slot = (slot + 1) & slotMask;
    store<u32>(slots + (slot << 2), number);
  }
}
