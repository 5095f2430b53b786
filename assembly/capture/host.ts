/** What the host calls to let the core read captures: pieces of the file, their records, the order, where they arrive. */
import { arrived } from "./arrive";
import { mergeTotals } from "./merge";
import { first, recordAt } from "./records";
import { captureScan } from "./scan";

export { arrivalOf } from "./arrival";
export { arrive, askedRecords, dropRejected, hasUnknownSource } from "./arrive";
export { mergeRecords, mergeRest } from "./merge";
export { closePiece, holdPiece, openPiece, pieceAddress } from "./pieces";
export { setPlace } from "./places";
export { addRecord, reserveRecords } from "./records";
export { scanRecords } from "./scan";
export { sectionInterfaces } from "./source";

/** The {@link CaptureScan} that {@link scanRecords} reads. */
export function captureScanAddress(): usize {
  return changetype<usize>(captureScan);
}

export function arrivedAddress(): usize {
  return changetype<usize>(arrived);
}

export function mergeTotalsAddress(): usize {
  return changetype<usize>(mergeTotals);
}

/** Where the records begin of which so many have been let go last. */
export function releasedRecords(released: u32): usize {
  return changetype<usize>(recordAt(first - released));
}
