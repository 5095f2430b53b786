import { MatchKind } from "../../abi/rule";
import { Packet } from "../../packet/packet";
import { MATCH_HEADER_SIZE, Match } from "../rule";
import { AddrtypeTest, matchesAddrtype } from "./addrtype";
import { ConntrackTest, matchesConntrack } from "./conntrack";
import { IcmpTest, matchesIcmp } from "./icmp";
import { IprangeTest, matchesIprange } from "./iprange";
import { IpvsTest, matchesIpvs } from "./ipvs";
import { LimitTest, matchesLimit } from "./limit";
import { MarkTest, matchesConnmark, matchesMark } from "./mark";
import { MultiportTest, matchesMultiport } from "./multiport";
import { matchesRare } from "./rare";
import { matchesRecent, RecentTest } from "./recent";
import { matchesSet } from "./set";
import { matchesState, StateTest } from "./state";
import { matchesStatistic, StatisticTest } from "./statistic";
import { matchesTcp, TcpTest } from "./tcp";
import { matchesUdp, UdpTest } from "./udp";

/** Does the packet satisfy this match? May set `context.hotdrop`. */
export function matches(packet: Packet, match: Match): bool {
  const kind: MatchKind = match.kind;
  const record = changetype<usize>(match) + MATCH_HEADER_SIZE;
  switch (kind) {
    case MatchKind.Tcp:
      return matchesTcp(packet, changetype<TcpTest>(record));
    case MatchKind.Udp:
      return matchesUdp(packet, changetype<UdpTest>(record));
    case MatchKind.Icmp:
    case MatchKind.Icmp6:
      return matchesIcmp(packet, changetype<IcmpTest>(record));
    case MatchKind.Multiport:
      return matchesMultiport(packet, changetype<MultiportTest>(record));
    case MatchKind.Conntrack:
      return matchesConntrack(packet, changetype<ConntrackTest>(record));
    case MatchKind.State:
      return matchesState(packet, changetype<StateTest>(record));
    case MatchKind.Mark:
      return matchesMark(packet, changetype<MarkTest>(record));
    case MatchKind.Connmark:
      return matchesConnmark(packet, changetype<MarkTest>(record));
    case MatchKind.Addrtype:
      return matchesAddrtype(packet, changetype<AddrtypeTest>(record));
    case MatchKind.Set:
      return matchesSet(packet, record);
    case MatchKind.Statistic:
      return matchesStatistic(packet, changetype<StatisticTest>(record));
    case MatchKind.Recent:
      return matchesRecent(packet, changetype<RecentTest>(record));
    case MatchKind.Limit:
      return matchesLimit(packet, changetype<LimitTest>(record));
    case MatchKind.Iprange:
      return matchesIprange(packet, changetype<IprangeTest>(record));
    case MatchKind.Ipvs:
      return matchesIpvs(packet, changetype<IpvsTest>(record));
    default:
      return matchesRare(packet, kind, record);
  }
}
