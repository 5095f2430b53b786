import { MatchKind } from "../../abi/rule";
import { MATCH_HEADER_SIZE, Match } from "../rule";
import { TcpTest } from "./tcp";
import { UdpTest } from "./udp";

/** The one destination port that a tcp or udp match asks for, or -1. */
export function exactDestinationPort(match: Match): i32 {
  const kind: MatchKind = match.kind;
  const record = changetype<usize>(match) + MATCH_HEADER_SIZE;
  if (kind == MatchKind.Tcp) {
    const test = changetype<TcpTest>(record);
    const isExact = test.destinationFrom == test.destinationTo && !test.notDestination;
    return isExact ? <i32>test.destinationFrom : -1;
  }
  if (kind == MatchKind.Udp) {
    const test = changetype<UdpTest>(record);
    const isExact = test.destinationFrom == test.destinationTo && !test.notDestination;
    return isExact ? <i32>test.destinationFrom : -1;
  }
  return -1;
}

/**
 * Does looking at this match leave no trace? Matches that count, remember or consume (limit, recent, statistic, ...) must
 * run whenever the kernel would reach them, and so must those that drop what they cannot read, so an index may not pass
 * over them.
 */
export function isPure(match: Match): bool {
  const kind: MatchKind = match.kind;
  switch (kind) {
    case MatchKind.Tcp: {
      const test = changetype<TcpTest>(changetype<usize>(match) + MATCH_HEADER_SIZE);
      return test.option == 0;
    }
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
