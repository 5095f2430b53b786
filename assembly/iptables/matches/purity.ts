import { MatchKind } from "../../abi/rule";
import { Match } from "../rule";

/** The one destination port that a tcp or udp match asks for, or -1. */
export function exactDestinationPort(_match: Match): i32 {
  return -1;
}

/**
 * Does looking at this match leave no trace? Matches that count, remember or consume (limit, recent, statistic, ...) must
 * run whenever the kernel would reach them, so an index may not pass over them.
 */
export function isPure(match: Match): bool {
  const kind: MatchKind = match.kind;
  switch (kind) {
    case MatchKind.Tcp:
    case MatchKind.Udp:
    case MatchKind.Icmp:
    case MatchKind.Icmp6:
    case MatchKind.Multiport:
    case MatchKind.Conntrack:
    case MatchKind.State:
    case MatchKind.Mark:
    case MatchKind.Connmark:
    case MatchKind.Addrtype:
    case MatchKind.Iprange:
    case MatchKind.Length:
    case MatchKind.Ttl:
    case MatchKind.Hl:
    case MatchKind.Tos:
    case MatchKind.Dscp:
    case MatchKind.Mac:
    case MatchKind.Pkttype:
      return true;
    default:
      return false;
  }
}
