import { coldOf, ENTRY_MASQUERADED, Entry } from "../conntrack/entry";

/** Remembers through which device a connection is masqueraded (nf_conn_nat.masq_index). */
export function setMasqueradeDevice(ct: usize, device: u32): void {
  const entry = changetype<Entry>(ct);
  if (entry.isConfirmed) return;
  entry.addStatus(ENTRY_MASQUERADED);
  coldOf(entry).masqueradeDevice = <u16>device;
}

/** Would the packet leave through another device than the one its connection is masqueraded for (nf_nat_oif_changed)? */
export function leavesElsewhere(entry: Entry, device: u32): bool {
  if (!(entry.status & ENTRY_MASQUERADED)) return false;
  return <u32>coldOf(entry).masqueradeDevice != device;
}
