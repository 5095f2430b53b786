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

export const NAT_RANGE_MAP_IPS: u32 = 1;
export const NAT_RANGE_PROTO_SPECIFIED: u32 = 2;
export const NAT_RANGE_PROTO_RANDOM: u32 = 4;
export const NAT_RANGE_PERSISTENT: u32 = 8;
export const NAT_RANGE_PROTO_RANDOM_FULLY: u32 = 16;
export const NAT_RANGE_PROTO_OFFSET: u32 = 32;
/** Replace only the bits of the network (NETMAP): max holds the mask. */
export const NAT_RANGE_NETMAP: u32 = 64;
