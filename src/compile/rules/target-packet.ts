import { HopMode, TargetKind } from "../../../assembly/abi/rule.ts";
import {
  ClassifyActionLayout,
  HopActionLayout,
  NfqueueActionLayout,
  TcpmssActionLayout,
  TcpoptstripActionLayout,
  TeeActionLayout,
  TosActionLayout,
} from "../../core/layout.generated.ts";
import type {
  ClassifyTarget,
  DscpTarget,
  NfqueueTarget,
  TcpmssTarget,
  TcpoptstripTarget,
  TeeTarget,
  TosTarget,
  TtlTarget,
  VerdictTarget,
} from "../../model/target.ts";
import { refuse } from "./context.ts";
import { type TargetEncoder, targetEncoder } from "./encoder.ts";

export const tos = targetEncoder<TosTarget>(TargetKind.Tos, TosActionLayout, (to, target) => {
  to.set(TosActionLayout.mask, target.mask);
  to.set(TosActionLayout.value, target.value);
});

/** Leaves the two bits of ECN. */
export const dscp = targetEncoder<DscpTarget>(TargetKind.Dscp, TosActionLayout, (to, target) => {
  to.set(TosActionLayout.mask, 0xfc);
  to.set(TosActionLayout.value, target.value << 2);
});

const MODES: Readonly<Record<TtlTarget["mode"], HopMode>> = {
  set: HopMode.Set,
  inc: HopMode.Increase,
  dec: HopMode.Decrease,
};

function hopEncoder(kind: TargetKind): TargetEncoder<TtlTarget> {
  return targetEncoder<TtlTarget>(kind, HopActionLayout, (to, target) => {
    to.set(HopActionLayout.mode, MODES[target.mode]);
    to.set(HopActionLayout.value, target.value);
  });
}

export const ttl = hopEncoder(TargetKind.Ttl);
export const hl = hopEncoder(TargetKind.Hl);

export const tcpmss = targetEncoder<TcpmssTarget>(TargetKind.Tcpmss, TcpmssActionLayout, (to, target) => {
  to.set(TcpmssActionLayout.mss, target.mss ?? 0);
  to.set(TcpmssActionLayout.clamp, target.mss === undefined);
});

export const tcpoptstrip = targetEncoder<TcpoptstripTarget>(
  TargetKind.Tcpoptstrip,
  TcpoptstripActionLayout,
  (to, target) => {
    const bits = new Uint8Array(TcpoptstripActionLayout.byteLength);
    for (const option of target.options) bits[option >> 3]! |= 1 << (option & 7);
    to.bytes(TcpoptstripActionLayout.options0, bits);
  },
);

export const classify = targetEncoder<ClassifyTarget>(TargetKind.Classify, ClassifyActionLayout, (to, target) => {
  to.set(ClassifyActionLayout.priority, ((target.major << 16) | target.minor) >>> 0);
});

export const tee = targetEncoder<TeeTarget>(TargetKind.Tee, TeeActionLayout, (to, target, context) => {
  to.bytes(TeeActionLayout.gateway0, target.gateway);
  if (target.interface === undefined) return;
  const device = context.devices.find(target.interface);
  if (device === undefined) refuse(context, `TEE --oif ${target.interface}: the node has no such device`);
  to.set(TeeActionLayout.device, device);
});

export const nfqueue = targetEncoder<NfqueueTarget>(TargetKind.Queue, NfqueueActionLayout, (to, target) => {
  to.set(NfqueueActionLayout.bypass, target.bypass);
});

export const queue = targetEncoder<VerdictTarget>(TargetKind.Queue, NfqueueActionLayout, () => {});
