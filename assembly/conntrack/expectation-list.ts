import { EXPECTATION_BUCKETS, Expectation, expectationHead, isOver } from "./expectation";
import { describeExpectation } from "./expectation-record";

let bucket: u32 = 0;
let at: usize = 0;

/** Begins a walk over what is expected. */
export function firstExpectation(): void {
  bucket = 0;
  at = expectationHead(0);
}

/** @returns address of an `ExpectationRecord` that the next call overwrites; 0 at the end. */
export function nextExpectation(): usize {
  while (true) {
    while (at == 0) {
      bucket += 1;
      if (bucket >= EXPECTATION_BUCKETS) return 0;
      at = expectationHead(bucket);
    }
    const expectation = changetype<Expectation>(at);
    at = expectation.next;
    if (!isOver(expectation)) return describeExpectation(expectation);
  }
}
