import { TargetKind } from "../../../assembly/abi/rule.ts";
import type { Target } from "../../model/target.ts";
import type { TargetEncoder, TargetOf } from "./encoder.ts";
import * as host from "./target-host.ts";
import * as mark from "./target-mark.ts";
import * as nat from "./target-nat.ts";
import * as packet from "./target-packet.ts";
import * as rare from "./target-rare.ts";

/** A target that its name says all about. */
function plain(kind: TargetKind): TargetEncoder<never> {
  return { kind, size: 0, write: () => {} };
}

/** The encoders by the model's names. Jumps name chains and are written by the chain's own code. */
const ENCODERS: { readonly [K in Target["kind"]]?: TargetEncoder<TargetOf<K>> | TargetEncoder<never> } = {
  ACCEPT: plain(TargetKind.Accept),
  DROP: plain(TargetKind.Drop),
  RETURN: plain(TargetKind.Return),
  QUEUE: packet.queue,
  NFQUEUE: packet.nfqueue,
  REJECT: host.reject,
  MARK: mark.mark,
  CONNMARK: mark.connmark,
  NOTRACK: mark.notrack,
  CT: mark.ct,
  DNAT: nat.dnat,
  SNAT: nat.snat,
  MASQUERADE: nat.masquerade,
  REDIRECT: nat.redirect,
  NETMAP: nat.netmap,
  LOG: plain(TargetKind.Log),
  SET: host.set,
  TOS: packet.tos,
  DSCP: packet.dscp,
  TTL: packet.ttl,
  HL: packet.hl,
  TCPMSS: packet.tcpmss,
  TCPOPTSTRIP: packet.tcpoptstrip,
  CLASSIFY: packet.classify,
  TEE: packet.tee,
  TPROXY: plain(TargetKind.Tproxy),
  NFLOG: plain(TargetKind.Nflog),
  TRACE: plain(TargetKind.Trace),
  CHECKSUM: plain(TargetKind.Checksum),
  ECN: plain(TargetKind.Ecn),
  HMARK: mark.hmark,
  AUDIT: plain(TargetKind.Audit),
  IDLETIMER: plain(TargetKind.Idletimer),
  LED: plain(TargetKind.Led),
  SECMARK: plain(TargetKind.Secmark),
  CONNSECMARK: plain(TargetKind.Secmark),
  SNPT: rare.snpt,
  DNPT: rare.dnpt,
  RATEEST: rare.rateest,
  CLUSTERIP: rare.clusterip,
  IPVS: plain(TargetKind.Ipvs),
};

export function findTargetEncoder(kind: Target["kind"]): TargetEncoder | undefined {
  return ENCODERS[kind] as TargetEncoder | undefined;
}
