import { RateCompare } from "../../abi/rule";
import { CONSULTED_STATE, context } from "../context";
import { dropEstimator, Estimator, findEstimator, shareEstimator, updateEstimator } from "../estimators";

/** -m rateest (net/netfilter/xt_rateest.c): compares what RATEEST rules measured with numbers, or with one another. */
@unmanaged
export class RateestTest {
  /** Numbers of the estimators' names; the second is 0 where numbers are compared with. */
  first: u32;
  second: u32;
  /** Bytes and packets a second. */
  bytes1: u32;
  packets1: u32;
  bytes2: u32;
  packets2: u32;
  /** A `RateCompare`. */
  compare: u8;
  testsBytes: bool;
  testsPackets: bool;
  /** Compare what is missing to `bytes1` and `packets1`. */
  delta: bool;
  invert: bool;
}

export function beginRateest(test: RateestTest): void {
  shareEstimator(test.first);
  if (test.second != 0) shareEstimator(test.second);
}

export function endRateest(test: RateestTest): void {
  dropEstimator(test.first);
  if (test.second != 0) dropEstimator(test.second);
}

export function matchesRateest(test: RateestTest): bool {
  context.consulted |= CONSULTED_STATE;
  const first = measured(test.first);
  const bytes1 = rateOf(first.averageBytes, test.bytes1, test.delta);
  const packets1 = rateOf(first.averagePackets, test.packets1, test.delta);
  let bytes2: u64 = test.bytes2;
  let packets2: u64 = test.packets2;
  if (test.second != 0) {
    const second = measured(test.second);
    bytes2 = rateOf(second.averageBytes, test.bytes2, test.delta);
    packets2 = rateOf(second.averagePackets, test.packets2, test.delta);
  }
  const holds =
    (!test.testsBytes || compares(test.compare, bytes1, bytes2)) &&
    (!test.testsPackets || compares(test.compare, packets1, packets2));
  return holds != test.invert;
}

/** The host has made sure that a rule makes it. */
function measured(number: u32): Estimator {
  const estimator = findEstimator(number)!;
  updateEstimator(estimator);
  return estimator;
}

function rateOf(average: u64, from: u32, delta: bool): u64 {
  const rate = average >> 8;
  if (!delta) return rate;
  return <u64>from >= rate ? <u64>from - rate : 0;
}

function compares(how: RateCompare, a: u64, b: u64): bool {
  if (how == RateCompare.Less) return a < b;
  return how == RateCompare.Greater ? a > b : a == b;
}
