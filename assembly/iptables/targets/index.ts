import { Verdict } from "../../abi/netfilter";
import { TargetKind } from "../../abi/rule";
import { NatRange } from "../../nat/range";
import { Packet } from "../../packet/packet";
import { CONSULTED_EFFECT, context } from "../context";
import { Rule } from "../rule";
import { ClusteripAction, runClusterip } from "./clusterip";
import { ConnmarkAction, runConnmark } from "./connmark";
import { CtAction, runCt } from "./ct";
import { runLog } from "./log";
import { runMangle } from "./mangle";
import { MarkAction, runMark } from "./mark";
import { runMasquerade } from "./masquerade";
import { runDnat, runSnat } from "./nat";
import { runNetmap } from "./netmap";
import { NfqueueAction, runNfqueue } from "./nfqueue";
import { NptAction, runDnpt, runSnpt } from "./npt";
import { RateestAction, runRateest } from "./rateest";
import { runRedirect } from "./redirect";
import { RejectAction, runReject } from "./reject";
import { runSetTarget } from "./set";
import { runTee, TeeAction } from "./tee";

/** Runs a target that is not a verdict, jump or goto. `Continue` goes on with the next rule. */
export function runTarget(packet: Packet, rule: Rule): Verdict {
  const kind: TargetKind = rule.targetKind;
  const target = rule.target;
  switch (kind) {
    case TargetKind.Mark:
      runMark(packet, changetype<MarkAction>(target));
      return Verdict.Continue;
    case TargetKind.Connmark:
      runConnmark(packet, changetype<ConnmarkAction>(target));
      return Verdict.Continue;
    case TargetKind.Log:
      runLog(packet, rule);
      return Verdict.Continue;
    case TargetKind.Set:
      return runSetTarget(packet, target);
    case TargetKind.Notrack:
    case TargetKind.Ct:
      context.consulted |= CONSULTED_EFFECT;
      runCt(packet, changetype<CtAction>(target));
      return Verdict.Continue;
    case TargetKind.Reject:
      runReject(packet, changetype<RejectAction>(target));
      return Verdict.Drop;
    default:
      context.consulted |= CONSULTED_EFFECT;
      return runSteering(packet, kind, target);
  }
}

/** Targets that send the packet elsewhere. */
function runSteering(packet: Packet, kind: TargetKind, target: usize): Verdict {
  switch (kind) {
    case TargetKind.Dnat:
      return runDnat(packet, changetype<NatRange>(target));
    case TargetKind.Snat:
      return runSnat(packet, changetype<NatRange>(target));
    case TargetKind.Masquerade:
      return runMasquerade(packet, changetype<NatRange>(target));
    case TargetKind.Redirect:
      return runRedirect(packet, changetype<NatRange>(target));
    case TargetKind.Netmap:
      return runNetmap(packet, changetype<NatRange>(target));
    case TargetKind.Tee:
      runTee(packet, changetype<TeeAction>(target));
      return Verdict.Continue;
    case TargetKind.Queue:
      return runNfqueue(packet, changetype<NfqueueAction>(target).bypass);
    case TargetKind.Snpt:
      return runSnpt(packet, changetype<NptAction>(target));
    case TargetKind.Dnpt:
      return runDnpt(packet, changetype<NptAction>(target));
    case TargetKind.Clusterip:
      return runClusterip(packet, changetype<ClusteripAction>(target));
    case TargetKind.Rateest:
      runRateest(packet, changetype<RateestAction>(target));
      return Verdict.Continue;
    case TargetKind.Tproxy:
      // No process of the node listens, so no socket can be found (net/netfilter/xt_TPROXY.c).
      return Verdict.Drop;
    case TargetKind.Ipvs:
      // Handed over when the walk has ended: IPVS may send the packet away.
      return Verdict.Stolen;
    default:
      return runMangle(packet, kind, target);
  }
}
