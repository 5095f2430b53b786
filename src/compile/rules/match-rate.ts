import { MatchKind, RecentAction } from "../../../assembly/abi/rule.ts";
import { LimitTestLayout, RecentTestLayout, StatisticTestLayout } from "../../core/layout.generated.ts";
import type { LimitMatch, RecentMatch, StatisticMatch } from "../../model/match.ts";
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
