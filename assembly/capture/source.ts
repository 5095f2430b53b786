import { allocate, release } from "../memory/allocate";

/** An interface that the section of the file has described: how its packet blocks are to be read. */
@unmanaged
export class SectionInterface {
  /** Its place among all interfaces of the capture. */
  source: u32;
  /** Nanoseconds in a unit of its times; 0: another form, which the host reads. */
  nsPerUnit: u32;
  /** Most captured bytes that a packet can have. */
  limit: u32;
  /** Longest capture of a packet, 0 for no limit. */
  snapLength: u32;
}

const INTERFACE_SIZE: u32 = <u32>offsetof<SectionInterface>();
let interfaces: usize = 0;
let capacity: u32 = 0;
/** Interfaces of the section; a classic pcap has one. */
export let described: u32 = 0;
/** May the host have described others since the last {@link noteSectionRead}? */
export let sectionChanged: bool = false;

/** @returns where so many {@link SectionInterface} go. */
export function sectionInterfaces(count: u32): usize {
  if (count > capacity) {
    if (interfaces != 0) release(interfaces);
    capacity = max(count, 16);
    interfaces = allocate(capacity * INTERFACE_SIZE);
  }
  described = count;
  sectionChanged = true;
  return interfaces;
}

export function sectionInterface(id: u32): SectionInterface {
  return changetype<SectionInterface>(interfaces + id * INTERFACE_SIZE);
}

export function noteSectionRead(): void {
  sectionChanged = false;
}
