import { TcpState } from "../abi/conntrack";
import { PROTO_TCP } from "../abi/protocol";
import { Entry } from "./entry";
import { pageEntries, pageEntrySize, pageStart, pageTotal } from "./pool";
import { TcpEntry } from "./tcp-entry";

/**
 * Tracking of a family begins again, as a rule asks for it after none did (nf_ct_netns_do_get). Connections of before are
 * still there, but packets went by unseen: the windows of open TCP connections are forgotten (nf_ct_tcp_fixup).
 */
export function resumeTracking(family: u32): void {
  for (let page: u32 = 0; page < pageTotal(); page++) {
    let at = pageStart(page);
    for (let left = pageEntries(page); left != 0; left--) {
      const entry = changetype<Entry>(at);
      if (entry.isConfirmed && entry.family == family && entry.protocol == PROTO_TCP) {
        if (entry.state == TcpState.Established) forgetWindows(changetype<TcpEntry>(at));
      }
      at += pageEntrySize(page);
    }
  }
}

function forgetWindows(entry: TcpEntry): void {
  entry.maxWindow0 = 0;
  entry.maxWindow1 = 0;
}
