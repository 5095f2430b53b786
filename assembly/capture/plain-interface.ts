import { EACH_PLACE, LinkForm } from "../abi/capture";
import { MAC_MASK } from "../ip/link";
import { allocate, release } from "../memory/allocate";
import { arrivalOf, arrivalsChanged, noteArrivalsRead } from "./arrival";
import { described, noteSectionRead, sectionChanged, sectionInterface } from "./source";

/** What reading asks of an interface for a plain packet (plain.ts): from its `SectionInterface` and its `Arrival`, in one place. */
@unmanaged
export class PlainInterface {
  /** Most units of time that 64 bits of nanoseconds can say. */
  mostUnits: u64;
  /** The device's address, which no plain packet has been sent from; one that no frame has: that does not matter. */
  mac: u64;
  nsPerUnit: u32;
  source: u32;
  /** Least and most captured bytes. No packet has the least where none is plain. */
  least: u32;
  limit: u32;
  device: u32;
  /** Longest packet that is no aggregate, less its IP header. */
  mostTransport: u32;
}

const PLAIN_SIZE: u32 = (<u32>offsetof<PlainInterface>() + 7) & ~7;
let interfaces: usize = 0;
let capacity: u32 = 0;

/** By the number in the section. */
export function plainInterface(id: u32): PlainInterface {
  return changetype<PlainInterface>(interfaces + id * PLAIN_SIZE);
}

/** Looks at the interfaces again, if the host may have written to them. */
export function learnInterfaces(): void {
  if (!sectionChanged && !arrivalsChanged) return;
  if (described > capacity) {
    release(interfaces);
    capacity = max(described, 16);
    interfaces = allocate(capacity * PLAIN_SIZE);
  }
  for (let i: u32 = 0; i < described; i++) learn(i);
  noteSectionRead();
  noteArrivalsRead();
}

const LOCAL: u32 = 0;
const IPV4_HEADER: u32 = 20;
/** Ethernet, IP, and a transport header up to the checksum of TCP. */
const LEAST: u32 = 14 + IPV4_HEADER + 18;

function learn(id: u32): void {
  const plain = plainInterface(id);
  const read = sectionInterface(id);
  const from = arrivalOf(read.source);
  const isTold = from.isKnown != 0 && from.form == LinkForm.Ethernet && from.device != EACH_PLACE;
  const hasPlain = isTold && from.mtu >= IPV4_HEADER && read.nsPerUnit != 0;
  plain.mostUnits = mostUnits(read.nsPerUnit);
  plain.mac = from.device == LOCAL || from.mac == 0 ? ~MAC_MASK : from.mac;
  plain.nsPerUnit = read.nsPerUnit;
  plain.source = read.source;
  plain.least = hasPlain ? LEAST : u32.MAX_VALUE;
  plain.limit = read.limit;
  plain.device = from.device;
  plain.mostTransport = from.mtu - IPV4_HEADER;
}

/** Most units that are nanoseconds of 64 bits, of the usual units (micro- and nanoseconds). */
export function mostUnits(nsPerUnit: u32): u64 {
  return nsPerUnit == 1 ? u64.MAX_VALUE : u64.MAX_VALUE / 1000;
}
