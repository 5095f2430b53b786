import { allocate } from "../../memory/allocate";
import { seconds } from "../../packet/clock";

/** Timeouts by state, in seconds; `ipvsadm --set` changes three of them (struct ip_vs_proto_data). */
const tcp = allocate(16 * 4);
const sctp = allocate(16 * 4);
let udp: u32 = 300;

const TCP_ESTABLISHED: u32 = 1;
const TCP_FIN_WAIT: u32 = 4;

function fill(table: usize, values: usize, count: u32): void {
  for (let i: u32 = 0; i < count; i++) store<u32>(table + (i << 2), load<u16>(values + (i << 1)));
}

fill(tcp, memory.data<u16>([2, 900, 120, 60, 120, 120, 10, 60, 30, 120, 120]), 11);
fill(sctp, memory.data<u16>([2, 4, 61, 61, 61, 61, 61, 61, 900, 61, 61, 61, 4, 61]), 14);

/** Ticks of a TCP state (an `IpvsTcpState`). */
export function tcpTimeout(state: u32): u64 {
  return seconds(load<u32>(tcp + (state << 2)));
}

export function sctpTimeout(state: u32): u64 {
  return seconds(load<u32>(sctp + (state << 2)));
}

export function udpTimeout(): u64 {
  return seconds(udp);
}

/** ip_vs_set_timeout(): seconds; 0 leaves a value as it is. */
export function setTimeouts(tcpSeconds: u32, tcpFinSeconds: u32, udpSeconds: u32): void {
  if (tcpSeconds != 0) store<u32>(tcp + (TCP_ESTABLISHED << 2), tcpSeconds);
  if (tcpFinSeconds != 0) store<u32>(tcp + (TCP_FIN_WAIT << 2), tcpFinSeconds);
  if (udpSeconds != 0) udp = udpSeconds;
}
