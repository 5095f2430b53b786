import { MatchKind, RateCompare } from "../../../assembly/abi/rule.ts";
import { NfacctTestLayout, RateestTestLayout } from "../../core/layout.generated.ts";
import type { NfacctMatch, RateestMatch } from "../../model/match.ts";
import { matchEncoder } from "./encoder.ts";

export const nfacct = matchEncoder<NfacctMatch>(MatchKind.Nfacct, NfacctTestLayout, (to, match, context) => {
  to.set(NfacctTestLayout.account, context.accountNumber(match.name));
});

const COMPARISONS: Readonly<Record<RateestMatch["compare"], RateCompare>> = {
  lt: RateCompare.Less,
  gt: RateCompare.Greater,
  eq: RateCompare.Equal,
};

export const rateest = matchEncoder<RateestMatch>(MatchKind.Rateest, RateestTestLayout, (to, match, { names }) => {
  const layout = RateestTestLayout;
  to.set(layout.first, names.of(`rateest ${match.first}`));
  if (match.second !== undefined) to.set(layout.second, names.of(`rateest ${match.second}`));
  to.set(layout.compare, COMPARISONS[match.compare]);
  to.set(layout.delta, match.delta);
  to.set(layout.invert, match.invert);
  to.set(layout.testsBytes, match.bytes !== undefined);
  to.set(layout.testsPackets, match.packets !== undefined);
  to.set(layout.bytes1, match.bytes?.first ?? 0);
  to.set(layout.bytes2, match.bytes?.second ?? 0);
  to.set(layout.packets1, match.packets?.first ?? 0);
  to.set(layout.packets2, match.packets?.second ?? 0);
});
