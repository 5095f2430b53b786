import { TargetKind } from "../../abi/rule";
import { Rule } from "../rule";
import { beginCt, CtAction } from "./ct";

/** The rule is loaded: what its target keeps outside of its record begins. */
export function beginTarget(rule: Rule): void {
  const kind: TargetKind = rule.targetKind;
  if (kind == TargetKind.Ct) beginCt(changetype<CtAction>(rule.target));
}
