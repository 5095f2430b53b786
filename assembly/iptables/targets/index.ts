import { Verdict } from "../../abi/netfilter";
import { TargetKind } from "../../abi/rule";
import { Packet } from "../../packet/packet";
import { Rule } from "../rule";
import { runSetTarget } from "./set";

/** Runs a target that is not a verdict, jump or goto. `Continue` goes on with the next rule. */
export function runTarget(packet: Packet, rule: Rule): Verdict {
  const kind: TargetKind = rule.targetKind;
  switch (kind) {
    case TargetKind.Set:
      return runSetTarget(packet, rule.target);
    default:
      return Verdict.Continue;
  }
}
