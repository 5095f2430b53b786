import { PacketType } from "../../../assembly/abi/netfilter.ts";
import { HopCompare, MatchKind, SctpChunks, U32Operator } from "../../../assembly/abi/rule.ts";
import {
  EcnTestLayout,
  HopTestLayout,
  LengthTestLayout,
  MacTestLayout,
  PkttypeTestLayout,
  SctpTestLayout,
  StringTestLayout,
  TcpmssTestLayout,
  TosTestLayout,
  U32TestLayout,
} from "../../core/layout.generated.ts";
import type {
  DscpMatch,
  EcnMatch,
  LengthMatch,
  MacMatch,
  PkttypeMatch,
  SctpMatch,
  StringMatch,
  TcpmssMatch,
  TosMatch,
  TtlMatch,
  U32Match,
} from "../../model/match.ts";
import { refuse } from "./context.ts";
import { type MatchEncoder, matchEncoder, writePorts } from "./encoder.ts";

export const length = matchEncoder<LengthMatch>(MatchKind.Length, LengthTestLayout, (to, match) => {
  to.set(LengthTestLayout.from, match.length.value.from);
  to.set(LengthTestLayout.to, match.length.value.to);
  to.set(LengthTestLayout.invert, match.length.invert);
});

const COMPARISONS: Readonly<Record<TtlMatch["compare"], HopCompare>> = {
  eq: HopCompare.Equal,
  ne: HopCompare.NotEqual,
  lt: HopCompare.Less,
  gt: HopCompare.Greater,
};

function hopEncoder(kind: MatchKind): MatchEncoder<TtlMatch> {
  return matchEncoder<TtlMatch>(kind, HopTestLayout, (to, match) => {
    to.set(HopTestLayout.compare, COMPARISONS[match.compare]);
    to.set(HopTestLayout.value, match.value);
  });
}

export const ttl = hopEncoder(MatchKind.Ttl);
export const hl = hopEncoder(MatchKind.Hl);

export const tos = matchEncoder<TosMatch>(MatchKind.Tos, TosTestLayout, (to, match) => {
  to.set(TosTestLayout.mask, match.mask);
  to.set(TosTestLayout.value, match.value);
  to.set(TosTestLayout.invert, match.invert);
});

/** The upper six bits of the byte. */
export const dscp = matchEncoder<DscpMatch>(MatchKind.Dscp, TosTestLayout, (to, match) => {
  to.set(TosTestLayout.mask, 0xfc);
  to.set(TosTestLayout.value, match.value << 2);
  to.set(TosTestLayout.invert, match.invert);
});

const CWR = 0x80;
const ECE = 0x40;

export const ecn = matchEncoder<EcnMatch>(MatchKind.Ecn, EcnTestLayout, (to, match) => {
  to.set(EcnTestLayout.flagMask, (match.cwr ? CWR : 0) | (match.ece ? ECE : 0));
  to.set(EcnTestLayout.flags, (match.cwr && !match.cwr.invert ? CWR : 0) | (match.ece && !match.ece.invert ? ECE : 0));
  if (!match.ect) return;
  to.set(EcnTestLayout.testsIp, true);
  to.set(EcnTestLayout.ect, match.ect.value);
  to.set(EcnTestLayout.notIp, match.ect.invert);
});

export const mac = matchEncoder<MacMatch>(MatchKind.Mac, MacTestLayout, (to, match) => {
  to.bytes(MacTestLayout.address, match.address);
  to.set(MacTestLayout.invert, match.invert);
});

const TYPES: Readonly<Partial<Record<PkttypeMatch["type"], PacketType>>> = {
  unicast: PacketType.Host,
  broadcast: PacketType.Broadcast,
  multicast: PacketType.Multicast,
  otherhost: PacketType.OtherHost,
  outgoing: PacketType.Outgoing,
  loopback: PacketType.Loopback,
};

export const pkttype = matchEncoder<PkttypeMatch>(MatchKind.Pkttype, PkttypeTestLayout, (to, match, context) => {
  const type = TYPES[match.type] ?? refuse(context, `pkttype --pkt-type ${match.type} is not emulated`);
  to.set(PkttypeTestLayout.type, type);
  to.set(PkttypeTestLayout.invert, match.invert);
});

export const string: MatchEncoder<StringMatch> = {
  kind: MatchKind.String,
  size: (match) => StringTestLayout.byteLength + match.pattern.length,
  write: (to, match) => {
    to.set(StringTestLayout.from, match.from);
    to.set(StringTestLayout.to, match.to);
    to.set(StringTestLayout.length, match.pattern.length);
    to.set(StringTestLayout.ignoreCase, match.ignoreCase);
    to.set(StringTestLayout.invert, match.invert);
    const pattern = match.ignoreCase ? match.pattern.map(upperLatin1) : match.pattern;
    to.image.write(to.at + StringTestLayout.byteLength, pattern);
  },
};

/** toupper() of the kernel, whose letters are those of Latin-1. */
function upperLatin1(byte: number): number {
  const isLower = (byte >= 0x61 && byte <= 0x7a) || (byte >= 0xdf && byte !== 0xf7);
  return isLower ? byte - 32 : byte;
}

const OPERATORS = {
  "&": U32Operator.And,
  "<<": U32Operator.ShiftLeft,
  ">>": U32Operator.ShiftRight,
  "@": U32Operator.At,
};
const U32_HEADER = (U32TestLayout.byteLength + 3) & ~3;

export const u32: MatchEncoder<U32Match> = {
  kind: MatchKind.U32,
  size: (match) => U32_HEADER + 4 * u32Words(match).length,
  write: (to, match) => {
    to.set(U32TestLayout.tests, match.tests.length);
    to.set(U32TestLayout.invert, match.invert);
    for (const [i, word] of u32Words(match).entries()) to.image.setUint32(to.at + U32_HEADER + i * 4, word);
  },
};

/** The tests as the record keeps them: start, numbers of operators and ranges, then both. */
function u32Words(match: U32Match): number[] {
  return match.tests.flatMap(({ location, values }) => {
    const operators = location.slice(1);
    return [
      location[0]!.number,
      operators.length,
      values.length,
      ...operators.flatMap(({ op, number }) => (op === "start" ? [] : [OPERATORS[op], number])),
      ...values.flatMap(({ from, to }) => [from, to]),
    ];
  });
}

const CHUNKS = { any: SctpChunks.Any, all: SctpChunks.All, only: SctpChunks.Only };

export const sctp: MatchEncoder<SctpMatch> = {
  kind: MatchKind.Sctp,
  size: (match) => SctpTestLayout.byteLength + 3 * (match.chunks?.value.types.length ?? 0),
  write: (to, match) => {
    const layout = SctpTestLayout;
    writePorts(to, { from: layout.sourceFrom, to: layout.sourceTo, not: layout.notSource }, match.sourcePort);
    writePorts(
      to,
      { from: layout.destinationFrom, to: layout.destinationTo, not: layout.notDestination },
      match.destinationPort,
    );
    if (!match.chunks) return;
    const { mode, types } = match.chunks.value;
    to.set(layout.chunks, CHUNKS[mode]);
    to.set(layout.notChunks, match.chunks.invert);
    to.set(layout.types, types.length);
    for (const [i, { type, flagMask, flags }] of types.entries()) {
      to.image.write(to.at + layout.byteLength + i * 3, Uint8Array.of(type, flagMask, flags));
    }
  },
};

export const tcpmss = matchEncoder<TcpmssMatch>(MatchKind.Tcpmss, TcpmssTestLayout, (to, match) => {
  to.set(TcpmssTestLayout.from, match.mss.value.from);
  to.set(TcpmssTestLayout.to, match.mss.value.to);
  to.set(TcpmssTestLayout.invert, match.mss.invert);
});
