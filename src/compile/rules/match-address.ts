import { RouteType } from "../../../assembly/abi/route.ts";
import { MatchKind } from "../../../assembly/abi/rule.ts";
import { AddrtypeTestLayout, IprangeTestLayout } from "../../core/layout.generated.ts";
import type { AddrtypeMatch, IprangeMatch } from "../../model/match.ts";
import { matchEncoder } from "./encoder.ts";

/** Names of address types as iptables writes them; the bit is 1 << RouteType. */
const TYPES: Readonly<Record<string, number>> = {
  UNSPEC: RouteType.Unspec,
  UNICAST: RouteType.Unicast,
  LOCAL: RouteType.Local,
  BROADCAST: RouteType.Broadcast,
  ANYCAST: RouteType.Anycast,
  MULTICAST: RouteType.Multicast,
  BLACKHOLE: RouteType.Blackhole,
  UNREACHABLE: RouteType.Unreachable,
  PROHIBIT: RouteType.Prohibit,
  THROW: RouteType.Throw,
  NAT: 10,
  XRESOLVE: 11,
};

function typeBits(names: readonly string[]): number {
  return names.reduce((bits, name) => bits | (1 << TYPES[name]!), 0);
}

export const addrtype = matchEncoder<AddrtypeMatch>(MatchKind.Addrtype, AddrtypeTestLayout, (to, match) => {
  const layout = AddrtypeTestLayout;
  if (match.source) {
    to.set(layout.source, typeBits(match.source.value));
    to.set(layout.notSource, match.source.invert);
  }
  if (match.destination) {
    to.set(layout.destination, typeBits(match.destination.value));
    to.set(layout.notDestination, match.destination.invert);
  }
  to.set(layout.limitIn, match.limitInterface === "in");
  to.set(layout.limitOut, match.limitInterface === "out");
});

export const iprange = matchEncoder<IprangeMatch>(MatchKind.Iprange, IprangeTestLayout, (to, match) => {
  const layout = IprangeTestLayout;
  if (match.source) {
    to.set(layout.testsSource, true);
    to.set(layout.notSource, match.source.invert);
    to.bytes(layout.sourceFrom0, match.source.value.from);
    to.bytes(layout.sourceTo0, match.source.value.to);
  }
  if (match.destination) {
    to.set(layout.testsDestination, true);
    to.set(layout.notDestination, match.destination.invert);
    to.bytes(layout.destinationFrom0, match.destination.value.from);
    to.bytes(layout.destinationTo0, match.destination.value.to);
  }
});
