import { Hook, Verdict } from "../abi/netfilter";
import { Packet } from "../packet/packet";

/** Replies of servers (ip_vs_out_hook): LOCAL_IN 98, FORWARD 100, LOCAL_OUT -99. */
export function ipvsReply(_packet: Packet, _hook: Hook): Verdict {
  return Verdict.Accept;
}

/** Requests (ip_vs_in_hook): LOCAL_IN 99, LOCAL_OUT -98. Stolen when it was sent to a server or dropped and reported. */
export function ipvsRequest(_packet: Packet, _hook: Hook): Verdict {
  return Verdict.Accept;
}

/** ICMP errors in FORWARD (ip_vs_forward_icmp), priority 99. */
export function ipvsForwardIcmp(_packet: Packet, _hook: Hook): Verdict {
  return Verdict.Accept;
}

/** Are the hooks of this family registered (a service exists or existed)? */
export function ipvsActive(_family: u32): bool {
  return false;
}

/** Lets connections expire, in order of time. */
export function expireConnections(): void {}

/** hookwalk's `-j IPVS`: the service look-up at this point of a chain. Accept where no virtual service matches. */
export function ipvsFromRule(_packet: Packet, _hook: Hook): Verdict {
  return Verdict.Accept;
}
