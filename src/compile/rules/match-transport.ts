import { MatchKind } from "../../../assembly/abi/rule.ts";
import { IcmpTestLayout, MultiportTestLayout, TcpTestLayout, UdpTestLayout } from "../../core/layout.generated.ts";
import type { IcmpMatch, MultiportMatch, TcpMatch, UdpMatch } from "../../model/match.ts";
import { type MatchEncoder, matchEncoder, writePorts } from "./encoder.ts";

export const tcp = matchEncoder<TcpMatch>(MatchKind.Tcp, TcpTestLayout, (to, match) => {
  const layout = TcpTestLayout;
  writePorts(to, { from: layout.sourceFrom, to: layout.sourceTo, not: layout.notSource }, match.sourcePort);
  writePorts(
    to,
    { from: layout.destinationFrom, to: layout.destinationTo, not: layout.notDestination },
    match.destinationPort,
  );
  if (match.flags) {
    to.set(layout.flagMask, match.flags.value.mask);
    to.set(layout.flagCompare, match.flags.value.compare);
    to.set(layout.notFlags, match.flags.invert);
  }
  if (match.option) {
    to.set(layout.option, match.option.value);
    to.set(layout.notOption, match.option.invert);
  }
});

export const udp = matchEncoder<UdpMatch>(MatchKind.Udp, UdpTestLayout, (to, match) => {
  const layout = UdpTestLayout;
  writePorts(to, { from: layout.sourceFrom, to: layout.sourceTo, not: layout.notSource }, match.sourcePort);
  writePorts(
    to,
    { from: layout.destinationFrom, to: layout.destinationTo, not: layout.notDestination },
    match.destinationPort,
  );
});

function icmpEncoder(kind: MatchKind): MatchEncoder<IcmpMatch> {
  return matchEncoder<IcmpMatch>(kind, IcmpTestLayout, (to, match) => {
    to.set(IcmpTestLayout.type, match.type);
    to.set(IcmpTestLayout.codeFrom, match.code.from);
    to.set(IcmpTestLayout.codeTo, match.code.to);
    to.set(IcmpTestLayout.invert, match.invert);
  });
}

export const icmp = icmpEncoder(MatchKind.Icmp);
export const icmp6 = icmpEncoder(MatchKind.Icmp6);

const MULTIPORT_BYTES = (MultiportTestLayout.byteLength + 1) & ~1;

export const multiport: MatchEncoder<MultiportMatch> = {
  kind: MatchKind.Multiport,
  size: (match) => MULTIPORT_BYTES + match.ports.length * 4,
  write: (to, match) => {
    to.set(MultiportTestLayout.ranges, match.ports.length);
    to.set(MultiportTestLayout.testsSource, match.side !== "destination");
    to.set(MultiportTestLayout.testsDestination, match.side !== "source");
    to.set(MultiportTestLayout.invert, match.invert);
    for (const [i, range] of match.ports.entries()) {
      to.image.setUint16(to.at + MULTIPORT_BYTES + i * 4, range.from);
      to.image.setUint16(to.at + MULTIPORT_BYTES + i * 4 + 2, range.to);
    }
  },
};
