/** Remembers through which device a connection is masqueraded (nf_conn_nat.masq_index). */
export function setMasqueradeDevice(_ct: usize, _device: u32): void {}
