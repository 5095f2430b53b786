import { coldOf, ENTRY_MASQUERADED, Entry, tupleAddress } from "../conntrack/entry";
import { kill } from "../conntrack/lifetime";
import { pageEntries, pageEntrySize, pageStart, pageTotal } from "../conntrack/pool";

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

/**
 * Ends connections that are masqueraded for a device that went down, or for an address that it lost
 * (net/netfilter/nf_nat_masquerade.c: masq_device_event, masq_inet_event).
 *
 * @param address where the address lies, as in packets; 0: whatever the address.
 * @param family of that address, 4 or 6.
 */
export function endMasqueraded(device: u32, address: usize, family: u32): void {
  for (let page: u32 = 0; page < pageTotal(); page++) {
    let at = pageStart(page);
    for (let left = pageEntries(page); left != 0; left--, at += pageEntrySize(page)) {
      const entry = changetype<Entry>(at);
      if (!entry.isConfirmed || entry.isDying) continue;
      if (!(entry.status & ENTRY_MASQUERADED) || <u32>coldOf(entry).masqueradeDevice != device) continue;
      if (address == 0 || hasReplyTo(entry, address, family)) kill(entry);
    }
  }
}

/** Do answers go to this address? */
function hasReplyTo(entry: Entry, address: usize, family: u32): bool {
  if (<u32>entry.family != family) return false;
  return memory.compare(tupleAddress(changetype<usize>(entry), 1, 1), address, family == 4 ? 4 : 16) == 0;
}
