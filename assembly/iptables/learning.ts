import { Packet } from "../packet/packet";
import { FlowMemory } from "./flow-memory";

/**
 * The packet whose walk may become a shortcut (see hooks/shortcut), 0 for none. A table's walk that cannot be remembered, or
 * that does more than count and accept, ends the lesson: for the packet itself and, which costs nothing, for any other in between.
 */
export let learner: usize = 0;
/** Did a remembered walk depend on the TCP flags? */
export let learnsFlags: bool = false;
/** Number of the IPVS server that the packet is sent to or came from, 0 for none; and does IPVS rewrite it? */
export let learnedServer: u32 = 0;
export let learnsTranslation: bool = false;
/** The smallest MTU that it was held against on its way. */
export let leastMtu: u32 = u32.MAX_VALUE;

export function beginLesson(packet: Packet): void {
  learner = changetype<usize>(packet);
  learnsFlags = false;
  learnedServer = 0;
  leastMtu = u32.MAX_VALUE;
}

export function endLesson(): void {
  learner = 0;
}

/** IPVS handles the packet as one of a connection with this server, and rewrites it or not. */
export function learnServer(server: u32, isTranslated: bool): void {
  learnedServer = server;
  learnsTranslation = isTranslated;
}

/** A table was walked, but in such a way that the next packet walks it alike: the lesson that walking ended goes on. */
export function resumeLesson(packet: Packet, dependsOnFlags: bool): void {
  learner = changetype<usize>(packet);
  if (dependsOnFlags) learnsFlags = true;
}

export function learnMtu(mtu: u32): void {
  leastMtu = min(leastMtu, mtu);
}

/** A remembered walk was told again. Sets change without a generation of tables, so what depends on them stays outside. */
export function learnWalk(known: FlowMemory): void {
  if (known.set0 != 0 || known.newCtMark != known.ctMark) learner = 0;
  if (known.flagsKeyed) learnsFlags = true;
}
