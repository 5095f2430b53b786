import { Verdict } from "../../abi/netfilter";
import { Packet } from "../../packet/packet";
import { Rule } from "../rule";

/** Runs a target that is not a verdict, jump or goto. `Continue` goes on with the next rule. */
export function runTarget(_packet: Packet, _rule: Rule): Verdict {
  return Verdict.Continue;
}
