import { Table } from "../abi/netfilter";
import { loadedTable } from "../iptables/rule";

/** NAT takes part from the moment on when the family's nat table is loaded (nf_nat_register_fn). */
export function isNatActive(family: u32): bool {
  return loadedTable(family, Table.Nat).present != 0;
}
