/** What a classic BPF program may load beside the packet's bytes, by offset from SKF_AD_OFF (linux/filter.h). */
export const AD_PROTOCOL = 0;
export const AD_PACKET_TYPE = 4;
export const AD_INTERFACE = 8;
export const AD_MARK = 20;
export const AD_XOR = 40;
export const AD_VLAN_PRESENT = 48;
export const AD_RANDOM = 56;
