import { MatchKind } from "../../abi/rule";
import { MATCH_HEADER_SIZE, Match } from "../rule";
import { beginConnbytes } from "./connbytes";
import { beginConnlabel, endConnlabel } from "./connlabel";
import { beginConnlimit, ConnlimitTest, endConnlimit } from "./connlimit";
import { beginHashlimit, endHashlimit, HashlimitTest } from "./hashlimit";
import { beginLimit, LimitTest } from "./limit";
import { beginRateest, endRateest, RateestTest } from "./rateest";
import { beginRecent, endRecent, RecentTest } from "./recent";

/** The rule is loaded (checkentry): what its match counts and remembers begins. */
export function beginMatch(match: Match, _family: u32): void {
  const kind: MatchKind = match.kind;
  const record = changetype<usize>(match) + MATCH_HEADER_SIZE;
  if (kind == MatchKind.Limit) beginLimit(changetype<LimitTest>(record));
  else if (kind == MatchKind.Recent) beginRecent(changetype<RecentTest>(record));
  else if (kind == MatchKind.Hashlimit) beginHashlimit(changetype<HashlimitTest>(record));
  else if (kind == MatchKind.Connbytes) beginConnbytes();
  else if (kind == MatchKind.Connlimit) beginConnlimit(changetype<ConnlimitTest>(record));
  else if (kind == MatchKind.Rateest) beginRateest(changetype<RateestTest>(record));
  else if (kind == MatchKind.Connlabel) beginConnlabel();
}

/** The rule goes (destroy). */
export function endMatch(match: Match): void {
  const kind: MatchKind = match.kind;
  const record = changetype<usize>(match) + MATCH_HEADER_SIZE;
  if (kind == MatchKind.Recent) endRecent(changetype<RecentTest>(record));
  else if (kind == MatchKind.Hashlimit) endHashlimit(changetype<HashlimitTest>(record));
  else if (kind == MatchKind.Connlimit) endConnlimit(changetype<ConnlimitTest>(record));
  else if (kind == MatchKind.Rateest) endRateest(changetype<RateestTest>(record));
  else if (kind == MatchKind.Connlabel) endConnlabel();
}
