import { Packet } from "../../packet/packet";
import { stateBit } from "./state-bit";

/** -m state (net/netfilter/xt_state.c). */
@unmanaged
export class StateTest {
  /** `STATE_*` bits; `!` is already worked in. */
  states: u32;
}

export function matchesState(packet: Packet, test: StateTest): bool {
  return (test.states & stateBit(packet)) != 0;
}
