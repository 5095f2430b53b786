import { ClusterHash, TargetKind } from "../../../assembly/abi/rule.ts";
import { prefixLengthOf } from "../../config/address.ts";
import { ClusteripActionLayout, NptActionLayout, RateestActionLayout } from "../../core/layout.generated.ts";
import type { Address } from "../../model/address.ts";
import type { ClusteripTarget, NptTarget, RateestTarget } from "../../model/target.ts";
import { type TargetEncoder, targetEncoder } from "./encoder.ts";

export const snpt = nptEncoder(TargetKind.Snpt);
export const dnpt = nptEncoder(TargetKind.Dnpt);

function nptEncoder(kind: TargetKind): TargetEncoder<NptTarget> {
  const layout = NptActionLayout;
  return targetEncoder<NptTarget>(kind, layout, (to, { from, to: target }) => {
    to.bytes(layout.from0, from.address);
    to.bytes(layout.to0, target.address);
    to.set(layout.fromLength, prefixLengthOf(from.mask) ?? 0);
    to.set(layout.toLength, prefixLengthOf(target.mask) ?? 0);
    to.set(layout.adjustment, foldedSum(sumOf(from.address) + (~foldedSum(sumOf(target.address)) & 0xffff)));
  });
}

function sumOf(address: Address): number {
  let sum = 0;
  for (let i = 0; i < address.length; i += 2) sum += (address[i]! << 8) | address[i + 1]!;
  return sum;
}

/** A one's complement sum in 16 bits. */
function foldedSum(sum: number): number {
  let folded = sum;
  while (folded > 0xffff) folded = (folded & 0xffff) + (folded >>> 16);
  return folded;
}

export const rateest = targetEncoder<RateestTarget>(TargetKind.Rateest, RateestActionLayout, (to, target, context) => {
  to.set(RateestActionLayout.estimator, context.names.of(`rateest ${target.name}`));
  to.set(RateestActionLayout.intervalLog, target.intervalLog);
  to.set(RateestActionLayout.weightLog, target.weightLog);
});

const HASH_MODES: Readonly<Record<ClusteripTarget["hashMode"], ClusterHash>> = {
  sourceip: ClusterHash.Source,
  "sourceip-sourceport": ClusterHash.SourcePort,
  "sourceip-sourceport-destport": ClusterHash.SourceAndDestinationPort,
};

export const clusterip = targetEncoder<ClusteripTarget>(TargetKind.Clusterip, ClusteripActionLayout, (to, target) => {
  to.set(ClusteripActionLayout.hashMode, HASH_MODES[target.hashMode]);
  to.set(ClusteripActionLayout.totalNodes, target.totalNodes);
  to.set(ClusteripActionLayout.localNode, target.localNode);
  to.set(ClusteripActionLayout.seed, target.seed);
});
