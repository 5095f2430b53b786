/** An entry as the host reads it, filled by nextEntry(). */
@unmanaged
export class EntryRecord {
  // The two tuples, as in packets; ports are in host order.
  originalSource0: u64;
  originalSource1: u64;
  originalDestination0: u64;
  originalDestination1: u64;
  replySource0: u64;
  replySource1: u64;
  replyDestination0: u64;
  replyDestination1: u64;
  originalPackets: u64;
  originalBytes: u64;
  replyPackets: u64;
  replyBytes: u64;
  /** Labels 0 to 63, and 64 to 127, a bit for each. */
  labels0: u64;
  labels1: u64;
  secondsLeft: u32;
  status: u32;
  mark: u32;
  zone: u32;
  zoneDirections: u32;
  originalSourcePort: u16;
  originalDestinationPort: u16;
  replySourcePort: u16;
  replyDestinationPort: u16;
  family: u8;
  protocol: u8;
  state: u8;
  accounted: u8;
  /** A `Helper`. */
  helper: u8;
}
