import {
  HASHLIMIT_BYTES,
  HASHLIMIT_DESTINATION,
  HASHLIMIT_DESTINATION_PORT,
  HASHLIMIT_INVERT,
  HASHLIMIT_RATE_MATCH,
  HASHLIMIT_SOURCE,
  HASHLIMIT_SOURCE_PORT,
  MatchKind,
  RecentAction,
} from "../../../assembly/abi/rule.ts";
import {
  HashlimitTestLayout,
  LimitTestLayout,
  QuotaTestLayout,
  RecentTestLayout,
  StatisticTestLayout,
} from "../../core/layout.generated.ts";
import type { HashlimitMatch, LimitMatch, QuotaMatch, RecentMatch, StatisticMatch } from "../../model/match.ts";
import { matchEncoder } from "./encoder.ts";

export const limit = matchEncoder<LimitMatch>(MatchKind.Limit, LimitTestLayout, (to, match) => {
  to.set(LimitTestLayout.average, match.average);
  to.set(LimitTestLayout.burst, match.burst);
});

export const statistic = matchEncoder<StatisticMatch>(MatchKind.Statistic, StatisticTestLayout, (to, match) => {
  const layout = StatisticTestLayout;
  to.set(layout.isNth, match.mode === "nth");
  to.set(layout.invert, match.invert);
  to.set(layout.probability, match.probability);
  if (match.mode !== "nth") return;
  to.set(layout.every, match.every - 1);
  to.set(layout.count, match.every - 1 - match.packet);
});

const ACTIONS: Readonly<Record<RecentMatch["action"], RecentAction>> = {
  set: RecentAction.Set,
  rcheck: RecentAction.Check,
  update: RecentAction.Update,
  remove: RecentAction.Remove,
};

export const recent = matchEncoder<RecentMatch>(MatchKind.Recent, RecentTestLayout, (to, match, context) => {
  const layout = RecentTestLayout;
  to.bytes(layout.mask0, match.mask);
  to.set(layout.table, context.names.of(`recent ${match.name}`));
  to.set(layout.seconds, match.seconds);
  to.set(layout.hitCount, match.hitcount);
  to.set(layout.action, ACTIONS[match.action]);
  to.set(layout.invert, match.invert);
  to.set(layout.reap, match.reap);
  to.set(layout.comparesTtl, match.ttl);
  to.set(layout.fromDestination, match.side === "destination");
});

export const quota = matchEncoder<QuotaMatch>(MatchKind.Quota, QuotaTestLayout, (to, match) => {
  to.set(QuotaTestLayout.left, match.quota);
  to.set(QuotaTestLayout.invert, match.invert);
});

const HASHLIMIT_MODES = {
  srcip: HASHLIMIT_SOURCE,
  srcport: HASHLIMIT_SOURCE_PORT,
  dstip: HASHLIMIT_DESTINATION,
  dstport: HASHLIMIT_DESTINATION_PORT,
};

export const hashlimit = matchEncoder<HashlimitMatch>(
  MatchKind.Hashlimit,
  HashlimitTestLayout,
  (to, match, context) => {
    const layout = HashlimitTestLayout;
    let mode = match.modes.reduce((bits, name) => bits | HASHLIMIT_MODES[name], 0);
    if (match.above) mode |= HASHLIMIT_INVERT;
    if (match.unit === "bytes") mode |= HASHLIMIT_BYTES;
    if (match.rateMatch) mode |= HASHLIMIT_RATE_MATCH;
    to.set(layout.average, match.average);
    to.set(layout.burst, match.unit === "bytes" ? refills(match) : match.burst);
    to.set(layout.table, context.names.of(`hashlimit ${context.family} ${match.name}`));
    to.set(layout.mode, mode);
    to.set(layout.sourceMask, match.sourceMask);
    to.set(layout.destinationMask, match.destinationMask);
    to.set(layout.tableSize, match.tableSize);
    to.set(layout.tableMax, match.tableMax);
    to.set(layout.expireMs, match.expireMs);
    to.set(layout.collectMs, match.gcIntervalMs);
    to.set(layout.interval, match.rateInterval);
  },
);

/** How often the bucket of a byte rate may be filled again: the burst in seconds of the rate, rounded up. */
function refills(match: HashlimitMatch): bigint {
  const perSecond = (0xffffffffn / match.average - 1n) << 4n;
  return perSecond > 0n ? (match.burst + perSecond - 1n) / perSecond : match.burst;
}
