import { DccpState, SctpState, TcpState } from "../abi/conntrack";
import { hz } from "../packet/clock";
import { Config, config } from "../packet/config";

/** Timeouts of net.netfilter, in ticks. */

/** SYN_SENT2 has no setting. */
const SYN_SENT2_SECONDS: u32 = 120;

export function tcpTimeout(state: u32): u32 {
  if (state == TcpState.SynSent2) return SYN_SENT2_SECONDS * hz;
  const index = state == TcpState.None ? 0 : state - 1;
  return settingAt(offsetof<Config>("tcpTimeoutSynSent"), index);
}

export function sctpTimeout(state: u32): u32 {
  const index = state == SctpState.None ? 0 : state - 1;
  return settingAt(offsetof<Config>("sctpTimeoutClosed"), index);
}

export function dccpTimeout(state: u32): u32 {
  const index = state == DccpState.None ? 0 : state - 1;
  return settingAt(offsetof<Config>("dccpTimeoutRequest"), index);
}

/** Settings of one protocol follow one another in the order of its states. */
function settingAt(first: usize, index: u32): u32 {
  return load<u32>(changetype<usize>(config) + first + (index << 2)) * hz;
}

assert(offsetof<Config>("tcpTimeoutClose") - offsetof<Config>("tcpTimeoutSynSent") == 28);
assert(offsetof<Config>("sctpTimeoutHeartbeatSent") - offsetof<Config>("sctpTimeoutClosed") == 28);
assert(offsetof<Config>("dccpTimeoutTimewait") - offsetof<Config>("dccpTimeoutRequest") == 24);
