/** Types of pcapng blocks (draft-ietf-opsawg-pcapng section 11.1) that are read or written. */
export const SECTION_HEADER = 0x0a0d0d0a;
export const INTERFACE_DESCRIPTION = 1;
export const OBSOLETE_PACKET = 2;
export const SIMPLE_PACKET = 3;
export const INTERFACE_STATISTICS = 5;
export const ENHANCED_PACKET = 6;

/** As it reads in the byte order of the section. */
export const BYTE_ORDER_MAGIC = 0x1a2b3c4d;
