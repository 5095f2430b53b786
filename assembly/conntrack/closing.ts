import { PROTO_TCP } from "../abi/protocol";
import { Entry } from "./entry";
import { setTcpClosing } from "./tcp";
import { TcpEntry } from "./tcp-entry";

/** A reset by REJECT ends the connection: TCP entries that are confirmed go to CLOSE (nf_conntrack_tcp_set_closing). */
export function setClosing(ct: usize): void {
  if (ct != 0 && changetype<Entry>(ct).protocol == PROTO_TCP) setTcpClosing(changetype<TcpEntry>(ct));
}
