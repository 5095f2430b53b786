import { Packet } from "../../packet/packet";
import { dropEstimator, findEstimator, holdEstimator, updateEstimator } from "../estimators";

/** -j RATEEST (net/netfilter/xt_RATEEST.c): counts for an estimator that all rules of its name share. */
@unmanaged
export class RateestAction {
  /** Number of its name. */
  estimator: u32;
  intervalLog: u32;
  weightLog: u32;
}

export function beginRateestTarget(action: RateestAction): void {
  holdEstimator(action.estimator, action.intervalLog, action.weightLog);
}

export function endRateestTarget(action: RateestAction): void {
  dropEstimator(action.estimator);
}

export function runRateest(packet: Packet, action: RateestAction): void {
  const estimator = findEstimator(action.estimator)!;
  updateEstimator(estimator);
  estimator.bytes += packet.length;
  estimator.packets += 1;
}
