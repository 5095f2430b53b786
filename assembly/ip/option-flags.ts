/** Bits of `Packet.optFlags`: what forwarding has to fill in. */
export const OPT_ROUTE_NEEDS_ADDRESS: u8 = 1;
export const OPT_TIMESTAMP_NEEDS_ADDRESS: u8 = 2;
export const OPT_STRICT: u8 = 4;
export const OPT_SOURCE_ROUTE_HIT: u8 = 8;
export const OPT_CHANGED: u8 = 16;
