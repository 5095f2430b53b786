/** What a NAT target asks for (struct nf_nat_range2). Addresses are 16 bytes, ports in host order. */
@unmanaged
export class NatRange {
  min0: u64;
  min1: u64;
  max0: u64;
  max1: u64;
  /** `NAT_RANGE_*` bits, the kernel's NF_NAT_RANGE_*. */
  flags: u32;
  minPort: u16;
  maxPort: u16;
  basePort: u16;
}
