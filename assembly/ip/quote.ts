import { Packet } from "../packet/packet";
import { totals } from "../trace/output";

/** Copies the first `length` bytes of a packet into an error about it; what the capture did not keep is zero and counted. */
export function quote(to: usize, about: Packet, length: u32): void {
  const there = min(length, about.captured);
  memory.copy(to, about.data, there);
  if (there < length) totals.missingBytes += 1;
}
