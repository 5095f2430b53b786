import { Verdict } from "../../abi/netfilter";
import { TargetKind } from "../../abi/rule";
import { Packet } from "../../packet/packet";
import { runTos, TosAction } from "./dscp";
import { runEcn } from "./ecn";
import { HopAction, runHops } from "./hl";
import { HmarkAction, runHmark } from "./hmark";
import { runTcpmss, TcpmssAction } from "./tcpmss";
import { runTcpoptstrip, TcpoptstripAction } from "./tcpoptstrip";

/** -j CLASSIFY (net/netfilter/xt_CLASSIFY.c). */
@unmanaged
export class ClassifyAction {
  priority: u32;
}

/** Targets that change the packet itself. TRACE, NFLOG, CHECKSUM, AUDIT, IDLETIMER, LED and (CONN)SECMARK change nothing. */
export function runMangle(packet: Packet, kind: TargetKind, target: usize): Verdict {
  switch (kind) {
    case TargetKind.Tos:
    case TargetKind.Dscp:
      runTos(packet, changetype<TosAction>(target));
      return Verdict.Continue;
    case TargetKind.Ttl:
    case TargetKind.Hl:
      runHops(packet, changetype<HopAction>(target));
      return Verdict.Continue;
    case TargetKind.Tcpmss:
      return runTcpmss(packet, changetype<TcpmssAction>(target));
    case TargetKind.Tcpoptstrip:
      return runTcpoptstrip(packet, changetype<TcpoptstripAction>(target));
    case TargetKind.Ecn:
      return runEcn(packet);
    case TargetKind.Hmark:
      runHmark(packet, changetype<HmarkAction>(target));
      return Verdict.Continue;
    case TargetKind.Classify:
      packet.priority = changetype<ClassifyAction>(target).priority;
      return Verdict.Continue;
    default:
      return Verdict.Continue;
  }
}
