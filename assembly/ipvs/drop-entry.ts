import { IpvsTcpState, SVC_F_ONEPACKET } from "../abi/ipvs";
import { PROTO_SCTP, PROTO_TCP } from "../abi/protocol";
import { allocate } from "../memory/allocate";
import { seconds } from "../packet/clock";
import { random32 } from "../packet/random";
import { IpvsConnection, TEMPLATE_ASSURED } from "./connection";
import { bucketCount, bucketOf } from "./connection-buckets";
import { dropConnection } from "./connections";
import { SCTP_ESTABLISHED, SCTP_INIT, SCTP_INIT1 } from "./protocols/sctp";
import { IpvsServer } from "./server";
import { IpvsService } from "./service";

/** Connections with up to so many packets may be dropped: every n-th of those with n packets. */
const MAX_PACKETS: u32 = 8;
const counters = allocate((MAX_PACKETS + 1) * 4);

/** The defence against overload (ip_vs_random_dropentry): looks at a 32nd of the table, chosen at random. */
export function dropAtRandom(now: u64): void {
  for (let left = bucketCount() >> 5; left != 0; left--) {
    let at = load<usize>(bucketOf(random32()));
    while (at != 0) {
      const connection = changetype<IpvsConnection>(at);
      at = connection.next;
      // Its template may go with it.
      if (at != 0 && at == connection.control) at = changetype<IpvsConnection>(at).next;
      if (connection.controlled == 0 && mayDrop(connection, now)) dropConnection(connection, now);
    }
  }
}

function mayDrop(connection: IpvsConnection, now: u64): bool {
  const state: u32 = connection.state;
  if (connection.isTemplate) {
    if (isOnePacketService(connection)) return rateAllows(connection, now);
    return !(state & TEMPLATE_ASSURED);
  }
  if (connection.protocol == PROTO_TCP) {
    if (state == IpvsTcpState.SynRecv || state == IpvsTcpState.SynAck) return true;
    return state == IpvsTcpState.Established && rateAllows(connection, now);
  }
  if (connection.protocol == PROTO_SCTP) {
    if (state == SCTP_INIT1 || state == SCTP_INIT) return true;
    return state == SCTP_ESTABLISHED && rateAllows(connection, now);
  }
  return rateAllows(connection, now);
}

function isOnePacketService(connection: IpvsConnection): bool {
  if (connection.server == 0) return false;
  const service = changetype<IpvsService>(changetype<IpvsServer>(connection.server).service);
  return (service.flags & SVC_F_ONEPACKET) != 0;
}

/** todrop_entry(): untouched for a minute, and its turn among those with as many packets. */
function rateAllows(connection: IpvsConnection, now: u64): bool {
  if (<u64>connection.timeout + now < connection.expires + seconds(60)) return false;
  const packets = connection.inPackets;
  if (packets == 0 || packets > MAX_PACKETS) return false;
  const counter = counters + (packets << 2);
  const left = load<i32>(counter) - 1;
  store<i32>(counter, left > 0 ? left : packets);
  return left <= 0;
}
