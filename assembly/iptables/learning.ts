import { Packet } from "../packet/packet";
import { FlowMemory } from "./flow-memory";

/**
 * The packet whose walk may become a shortcut (see hooks/shortcut), 0 for none. A table's walk that had to be walked, or that
 * does more than count and accept, ends the lesson: for the packet itself and, which costs nothing, for any other in between.
 */
export let learner: usize = 0;
/** Did a remembered walk depend on the TCP flags? */
export let learnsFlags: bool = false;

export function beginLesson(packet: Packet): void {
  learner = changetype<usize>(packet);
  learnsFlags = false;
}

export function endLesson(): void {
  learner = 0;
}

/** A remembered walk was told again. Sets change without a generation of tables, so what depends on them stays outside. */
export function learnWalk(known: FlowMemory): void {
  if (known.set0 != 0 || known.newCtMark != known.ctMark) learner = 0;
  if (known.flagsKeyed) learnsFlags = true;
}
