import { HopMode } from "../../abi/rule";
import { replaceWord } from "../../packet/checksum";
import { Packet } from "../../packet/packet";

/** -j TTL and -j HL (net/netfilter/xt_HL.c). */
@unmanaged
export class HopAction {
  /** A `HopMode`. */
  mode: u8;
  value: u8;
}

export function runHops(packet: Packet, action: HopAction): void {
  const old = packet.ttl;
  const changed = newHops(old, action);
  if (packet.family == 6) {
    store<u8>(packet.data, <u8>changed, 7);
  } else if (changed != old) {
    replaceWord(packet.data + 10, old << 8, changed << 8);
    store<u8>(packet.data, <u8>changed, 8);
  }
}

function newHops(old: u32, action: HopAction): u32 {
  const mode: HopMode = action.mode;
  if (mode == HopMode.Set) return action.value;
  if (mode == HopMode.Increase) return min<u32>(255, old + action.value);
  return old > action.value ? old - action.value : 0;
}
