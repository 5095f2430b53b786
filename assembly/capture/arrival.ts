import { ByteBuffer } from "../memory/byte-buffer";

/** An interface of the capture: where its packets arrive. The host writes it. */
@unmanaged
export class Arrival {
  /** MAC address of the device, as the first six bytes in memory; 0: none that would tell its own frames. */
  mac: u64;
  /** Device where packets arrive; 0: the node itself sends them; {@link EACH_PLACE}: each says it. */
  device: u32;
  /** Longest packet that is no aggregate, at that device; 0: nothing was offloaded to any. */
  mtu: u32;
  /** How frames begin: a {@link LinkForm}. */
  form: u8;
  /** Is it known where its packets arrive? */
  isKnown: u8;
  /** Are the node's own frames counted here? Else the host is told of them. */
  countsOwn: u8;
}

const ARRIVAL_SIZE: u32 = (<u32>offsetof<Arrival>() + 7) & ~7;
const arrivals = ByteBuffer.create(16 * ARRIVAL_SIZE);
/** May the host have written one since the last {@link noteArrivalsRead}? */
export let arrivalsChanged: bool = true;

/** Of an interface of the capture, by its place among all. */
export function arrivalOf(source: u32): Arrival {
  const needed = (source + 1) * ARRIVAL_SIZE;
  if (needed > arrivals.used) arrivals.append(needed - arrivals.used);
  arrivalsChanged = true;
  return arrivalAt(source);
}

/** The same of one that there is. */
export function arrivalAt(source: u32): Arrival {
  return changetype<Arrival>(arrivals.start + source * ARRIVAL_SIZE);
}

export function noteArrivalsRead(): void {
  arrivalsChanged = false;
}
