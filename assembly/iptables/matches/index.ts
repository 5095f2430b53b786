import { Packet } from "../../packet/packet";
import { Match } from "../rule";

/** Does the packet satisfy this match? May set `context.hotdrop`. */
export function matches(_packet: Packet, _match: Match): bool {
  return false;
}
