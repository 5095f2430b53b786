import { PagedArray } from "../memory/paged-array";
import { Pool } from "../memory/pool";
import { ENDING_SIZE, Ending, endings } from "./output";
import { pathCount } from "./path";

/** How many packets ended with a path, for the host's report. */
@unmanaged
export class PathTally {
  packets: u64;
  /** Bytes of IP packets at the path's end. */
  bytes: u64;
  path: u32;
  /** Number of the first packet that took it. */
  example: u32;
  /** A `Fate`, a `Reason` and an `Origin`, those of the first packet. */
  fate: u8;
  reason: u8;
  origin: u8;
  /** The next path in the order in which they were met; 0 at the end. */
  next: usize;
}

const tallies = Pool.create(offsetof<PathTally>());
/** Address of each path's tally. */
const tallyOf = PagedArray.create(2);
let first: usize = 0;
let last: usize = 0;

/** Counts the endings that wait in the output buffer. */
export function tallyEndings(): void {
  tallyOf.reserve(pathCount());
  const end = endings.start + endings.used;
  for (let at = endings.start; at < end; at += ENDING_SIZE) {
    const ending = changetype<Ending>(at);
    const place = tallyOf.at(ending.path);
    let address = load<usize>(place);
    if (address == 0) {
      address = begin(ending);
      store<usize>(place, address);
    }
    const tally = changetype<PathTally>(address);
    tally.packets += 1;
    tally.bytes += ending.length;
  }
}

function begin(ending: Ending): usize {
  const address = tallies.take();
  const tally = changetype<PathTally>(address);
  tally.path = ending.path;
  tally.example = ending.number;
  tally.fate = ending.fate;
  tally.reason = ending.reason;
  tally.origin = ending.origin;
  if (last == 0) first = address;
  else changetype<PathTally>(last).next = address;
  last = address;
  return address;
}

/** Address of the first `PathTally`; 0: none. */
export function firstTally(): usize {
  return first;
}
