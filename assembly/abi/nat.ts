/** Flags of a NAT range, the kernel's NF_NAT_RANGE_* (include/uapi/linux/netfilter/nf_nat.h). */
export const NAT_RANGE_MAP_IPS = 1;
export const NAT_RANGE_PROTO_SPECIFIED = 2;
export const NAT_RANGE_PROTO_RANDOM = 4;
export const NAT_RANGE_PERSISTENT = 8;
export const NAT_RANGE_PROTO_RANDOM_FULLY = 16;
export const NAT_RANGE_PROTO_OFFSET = 32;
/** Replace only the bits of the network (NETMAP): max holds the mask. */
export const NAT_RANGE_NETMAP = 64;
