import { TargetKind } from "../../abi/rule";
import { Rule } from "../rule";
import { beginCt, CtAction } from "./ct";
import { beginRateestTarget, endRateestTarget, RateestAction } from "./rateest";

/** The rule is loaded: what its target keeps outside of its record begins. */
export function beginTarget(rule: Rule): void {
  const kind: TargetKind = rule.targetKind;
  if (kind == TargetKind.Ct) beginCt(changetype<CtAction>(rule.target));
  else if (kind == TargetKind.Rateest) beginRateestTarget(changetype<RateestAction>(rule.target));
}

/** The rule goes. */
export function endTarget(rule: Rule): void {
  const kind: TargetKind = rule.targetKind;
  if (kind == TargetKind.Rateest) endRateestTarget(changetype<RateestAction>(rule.target));
}
