import { allocate } from "../memory/allocate";
import { Packet } from "../packet/packet";
import { ROUTE_SIZE, Route } from "./route";

/**
 * Routes of received packets by all that routing looks at, so that the packets of a flow are looked up once. What one packet
 * asked is forgotten as soon as anything changes that could answer differently.
 */
@unmanaged
class CachedRoute {
  destination0: u64;
  destination1: u64;
  source0: u64;
  source1: u64;
  mark: u32;
  inDevice: u32;
  generation: u32;
  family: u8;
  tos: u8;
  unused: u16;
}

const KEY_SIZE: usize = offsetof<CachedRoute>();
const SLOT_SIZE: usize = (KEY_SIZE + ROUTE_SIZE + 15) & ~15;
const SLOTS: u32 = 4096;

let slots: usize = 0;
/** Slots of another generation are empty. */
let generation: u32 = 0;

/** How often the kernel has forgotten its own remembered routes (rt_cache_flush). */
let flushes: u32 = 0;

/** Called when settings or neighbours change. */
export function forgetRoutes(): void {
  generation += 1;
  if (slots == 0) slots = allocate(SLOTS * SLOT_SIZE);
}

/** Called when routes, rules or addresses change, or settings for which the kernel forgets routes, too. */
export function flushRoutes(): void {
  flushes += 1;
  forgetRoutes();
}

/** Another number means that the kernel looks all routes up anew, and knows no MTU that an error told. */
export function routeFlushes(): u32 {
  return flushes;
}

/** Another number means that routes may be others now, too. */
export function routeGeneration(): u32 {
  return generation;
}

/** Where the packet's route is remembered, or would be; `tos` is the part of it that routing compares. */
export function slotOf(packet: Packet, tos: u32): usize {
  const key = changetype<CachedRoute>(wanted);
  if (packet.family == 4) {
    key.destination0 = load<u32>(packet.destination);
    key.destination1 = 0;
    key.source0 = load<u32>(packet.source);
    key.source1 = 0;
  } else {
    key.destination0 = load<u64>(packet.destination);
    key.destination1 = load<u64>(packet.destination, 8);
    key.source0 = load<u64>(packet.source);
    key.source1 = load<u64>(packet.source, 8);
  }
  key.mark = packet.mark;
  key.inDevice = packet.inDevice;
  key.generation = generation;
  key.family = packet.family;
  key.tos = <u8>tos;
  let hash = (key.destination0 ^ (((<u64>key.mark) << 32) | key.inDevice)) * 0x9e3779b97f4a7c15;
  hash = (hash ^ (hash >> 32) ^ key.source0 ^ key.destination1) * 0xc2b2ae3d27d4eb4f;
  hash = (hash ^ key.source1 ^ tos) * 0x165667b19e3779f9;
  return slots + <usize>((hash >> 40) & (SLOTS - 1)) * SLOT_SIZE;
}

/** Does the slot hold what {@link slotOf} was asked last? */
export function isRemembered(slot: usize): bool {
  let difference = load<u64>(slot) ^ load<u64>(wanted);
  difference |= load<u64>(slot, 8) ^ load<u64>(wanted, 8);
  difference |= load<u64>(slot, 16) ^ load<u64>(wanted, 16);
  difference |= load<u64>(slot, 24) ^ load<u64>(wanted, 24);
  difference |= load<u64>(slot, 32) ^ load<u64>(wanted, 32);
  return (difference | (load<u64>(slot, 40) ^ load<u64>(wanted, 40))) == 0;
}

export function rememberedRoute(slot: usize): Route {
  return changetype<Route>(slot + KEY_SIZE);
}

/** Puts the route for what {@link slotOf} was asked last into the slot. */
export function remember(slot: usize, route: Route): void {
  memory.copy(slot, wanted, KEY_SIZE);
  memory.copy(slot + KEY_SIZE, changetype<usize>(route), ROUTE_SIZE);
}

const wanted: usize = allocate(KEY_SIZE);
