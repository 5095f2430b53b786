/** TC_PRIO_* by the upper three bits of the TOS field's low nibble (ip_tos2prio, net/ipv4/route.c). */
const BEST_EFFORT: u32 = 0;
const BULK: u32 = 2;
const INTERACTIVE_BULK: u32 = 4;
const INTERACTIVE: u32 = 6;

/** skb->priority that a TOS means (rt_tos2priority). */
export function priorityOf(tos: u32): u32 {
  switch ((tos & 0x1e) >> 3) {
    case 0:
      return BEST_EFFORT;
    case 1:
      return BULK;
    case 2:
      return INTERACTIVE;
    default:
      return INTERACTIVE_BULK;
  }
}
