import {
  FRAG_FIRST,
  FRAG_LAST,
  FRAG_MORE,
  FRAG_RESERVED,
  HEADER_AUTH,
  HEADER_DESTINATION,
  HEADER_ESP,
  HEADER_FRAGMENT,
  HEADER_HOP,
  HEADER_NONE,
  HEADER_PROTOCOL,
  HEADER_ROUTE,
  MatchKind,
} from "../../../assembly/abi/rule.ts";
import {
  FragTestLayout,
  Ipv6headerTestLayout,
  MhTestLayout,
  OptionsHeaderTestLayout,
  RtTestLayout,
  SpiTestLayout,
} from "../../core/layout.generated.ts";
import type { FragMatch, Ipv6headerMatch, MhMatch, OptionsHeaderMatch, RtMatch, SpiMatch } from "../../model/match.ts";
import { type MatchEncoder, matchEncoder } from "./encoder.ts";

const UINT32_MAX = 0xffffffff;
const ANY_LENGTH = 255;

/** Names of headers as `--header` prints them. */
const HEADERS: Readonly<Record<string, number>> = {
  "hop-by-hop": HEADER_HOP,
  "ipv6-opts": HEADER_DESTINATION,
  "ipv6-route": HEADER_ROUTE,
  "ipv6-frag": HEADER_FRAGMENT,
  ah: HEADER_AUTH,
  esp: HEADER_ESP,
  "ipv6-nonxt": HEADER_NONE,
  protocol: HEADER_PROTOCOL,
};

export const ipv6header = matchEncoder<Ipv6headerMatch>(MatchKind.Ipv6header, Ipv6headerTestLayout, (to, match) => {
  to.set(
    Ipv6headerTestLayout.headers,
    match.headers.reduce((bits, name) => bits | HEADERS[name]!, 0),
  );
  to.set(Ipv6headerTestLayout.soft, match.soft);
  to.set(Ipv6headerTestLayout.invert, match.invert);
});

export const frag = matchEncoder<FragMatch>(MatchKind.Frag, FragTestLayout, (to, match) => {
  to.set(FragTestLayout.idFrom, match.id?.value.from ?? 0);
  to.set(FragTestLayout.idTo, match.id?.value.to ?? UINT32_MAX);
  to.set(FragTestLayout.notId, match.id?.invert ?? false);
  let tests = 0;
  if (match.reserved) tests |= FRAG_RESERVED;
  if (match.first) tests |= FRAG_FIRST;
  if (match.more) tests |= FRAG_MORE;
  if (match.last) tests |= FRAG_LAST;
  to.set(FragTestLayout.tests, tests);
});

const RT_HEADER = (RtTestLayout.byteLength + 7) & ~7;

export const rt: MatchEncoder<RtMatch> = {
  kind: MatchKind.Rt,
  size: (match) => RT_HEADER + match.addresses.length * 16,
  write: (to, match) => {
    const layout = RtTestLayout;
    to.set(layout.segmentsFrom, match.segmentsLeft?.value.from ?? 0);
    to.set(layout.segmentsTo, match.segmentsLeft?.value.to ?? UINT32_MAX);
    to.set(layout.notSegments, match.segmentsLeft?.invert ?? false);
    to.set(layout.testsType, match.type !== undefined);
    to.set(layout.type, match.type?.value ?? 0);
    to.set(layout.notType, match.type?.invert ?? false);
    to.set(layout.testsLength, match.length !== undefined);
    to.set(layout.length, match.length?.value ?? 0);
    to.set(layout.notLength, match.length?.invert ?? false);
    to.set(layout.reserved, match.reserved);
    to.set(layout.notStrict, match.notStrict);
    to.set(layout.addresses, match.addresses.length);
    for (const [i, address] of match.addresses.entries()) to.image.write(to.at + RT_HEADER + i * 16, address);
  },
};

const OPTIONS_HEADER = (OptionsHeaderTestLayout.byteLength + 1) & ~1;

function optionsEncoder(kind: MatchKind, isDestination: boolean): MatchEncoder<OptionsHeaderMatch> {
  return {
    kind,
    size: (match) => OPTIONS_HEADER + match.options.length * 2,
    write: (to, match) => {
      const layout = OptionsHeaderTestLayout;
      to.set(layout.isDestination, isDestination);
      to.set(layout.testsLength, match.length !== undefined);
      to.set(layout.length, match.length?.value ?? 0);
      to.set(layout.notLength, match.length?.invert ?? false);
      to.set(layout.options, match.options.length);
      for (const [i, { type, length }] of match.options.entries()) {
        to.image.write(to.at + OPTIONS_HEADER + i * 2, Uint8Array.of(type, length ?? ANY_LENGTH));
      }
    },
  };
}

export const hbh = optionsEncoder(MatchKind.Hbh, false);
export const dst = optionsEncoder(MatchKind.Dst, true);

function spiEncoder(kind: MatchKind): MatchEncoder<SpiMatch> {
  return matchEncoder<SpiMatch>(kind, SpiTestLayout, (to, match) => {
    to.set(SpiTestLayout.from, match.spi?.value.from ?? 0);
    to.set(SpiTestLayout.to, match.spi?.value.to ?? UINT32_MAX);
    to.set(SpiTestLayout.notSpi, match.spi?.invert ?? false);
    to.set(SpiTestLayout.length, match.length?.value ?? 0);
    to.set(SpiTestLayout.notLength, match.length?.invert ?? false);
    to.set(SpiTestLayout.reserved, match.reserved);
  });
}

export const ah = spiEncoder(MatchKind.Ah);
export const esp = spiEncoder(MatchKind.Esp);
export const ipcomp = spiEncoder(MatchKind.Ipcomp);

export const mh = matchEncoder<MhMatch>(MatchKind.Mh, MhTestLayout, (to, match) => {
  to.set(MhTestLayout.from, match.type?.value.from ?? 0);
  to.set(MhTestLayout.to, match.type?.value.to ?? 255);
  to.set(MhTestLayout.invert, match.type?.invert ?? false);
});
