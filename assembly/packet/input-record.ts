/**
 * A packet of the capture before it goes in. Either the host has written it into a chunk: this header, the link header, the
 * packet, then padding to 8 bytes. Or the core has read it itself (capture/): then the frame lies where it stood in the file.
 */
@unmanaged
export class InputRecord {
  timeNs: u64;
  /** Hash of its tuple for looking ahead; 0: not known. */
  hash: u64;
  /** Bytes from this record to the next. */
  size: u32;
  /** Number in the capture, from 1. */
  number: u32;
  /** Device where the packet arrives; 0: the node itself sends it. */
  device: u32;
  /** Bytes of link header before the IP header. */
  macLength: u32;
  /** Length of the packet on the wire, without link header, and how much of it was captured. */
  length: u32;
  captured: u32;
  /** Where the link header lies; 0: right behind this record's own header. */
  frame: usize;
  /** Of records that the core has read: interface of the capture, and piece of the file that they lie in. */
  source: u32;
  piece: u32;
  /** 4 or 6: what the link header says; 0 for other frames, which only bridges carry: the header is then 14 bytes. */
  family: u8;
  /** A `PacketType`. */
  packetType: u8;
  /** Is it an aggregate of several segments (GSO/GRO)? */
  aggregate: u8;
  /** Is its transport checksum only begun (the sender's card would have completed it)? */
  partialChecksum: u8;
  /** A local packet that its socket had sent already: nothing is refused or filled in. */
  wasSent: u8;
  /** Which way it passed its interface, where the capture says so: 1 in, 2 out. */
  direction: u8;
  /** Of a record that the host was asked about: 1 when it is no input. */
  isRejected: u8;
  /** Of a record that the core has read: what it is (capture/arrive.ts), 0 as long as that is not known. */
  kind: u8;

  /** The link header. */
  get mac(): usize {
    return this.frame != 0 ? this.frame : changetype<usize>(this) + INPUT_RECORD_SIZE;
  }

  /** The IP header. */
  get data(): usize {
    return this.mac + this.macLength;
  }
}

export const INPUT_RECORD_SIZE: u32 = (<u32>offsetof<InputRecord>() + 7) & ~7;
