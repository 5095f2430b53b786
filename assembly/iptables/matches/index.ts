import { MatchKind } from "../../abi/rule";
import { Packet } from "../../packet/packet";
import { MATCH_HEADER_SIZE, Match } from "../rule";
import { matchesSet } from "./set";

/** Does the packet satisfy this match? May set `context.hotdrop`. */
export function matches(packet: Packet, match: Match): bool {
  const kind: MatchKind = match.kind;
  const record = changetype<usize>(match) + MATCH_HEADER_SIZE;
  switch (kind) {
    case MatchKind.Set:
      return matchesSet(packet, record);
    default:
      return false;
  }
}
