/** Bits of `Packet.optFlags`: what forwarding has to fill in. */
export const OPT_ROUTE_NEEDS_ADDRESS: u8 = 1;
export const OPT_TIMESTAMP_NEEDS_ADDRESS: u8 = 2;
export const OPT_STRICT: u8 = 4;
export const OPT_SOURCE_ROUTE_HIT: u8 = 8;
export const OPT_CHANGED: u8 = 16;
export const OPT_TIMESTAMP_NEEDS_TIME: u8 = 32;

/** Kinds of the timestamp option: times alone, with addresses, or only of the addresses that it lists. */
export const TIMES_ONLY: u32 = 0;
export const TIMES_AND_ADDRESSES: u32 = 1;
export const GIVEN_ADDRESSES: u32 = 3;
