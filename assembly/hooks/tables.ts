import { Reason } from "../abi/fate";
import { Hook, Table, Verdict } from "../abi/netfilter";
import { resumeTracking, track } from "../conntrack/index";
import { Tracking } from "../conntrack/tracking";
import { isLoaded } from "../iptables/table";
import { runTable } from "../iptables/traverse";
import { allocate } from "../memory/allocate";
import { bindNull, destinationChanged, needsChains, translate } from "../nat/index";
import { copyAddress, sameAddress } from "../packet/bytes";
import { Packet } from "../packet/packet";
import { reroute } from "../route/index";
import { isUsable } from "../route/route";
import { drop } from "../trace/output";
import { stepConntrack, stepNat, stepRoute } from "../trace/steps";

/** Conntrack at -200, and what it said on the packet's path. */
export function trackPacket(packet: Packet, hook: Hook): Verdict {
  return noteTracking(packet, hook, track(packet, hook));
}

/** The same for a packet that conntrack has begun with in hooks/express. */
export function resumePacket(packet: Packet, reference: usize, tracking: Tracking): Verdict {
  return noteTracking(packet, Hook.PreRouting, resumeTracking(packet, reference, tracking));
}

function noteTracking(packet: Packet, hook: Hook, verdict: Verdict): Verdict {
  if (verdict == Verdict.Drop) drop(packet, Reason.TableFull);
  else if (verdict == Verdict.Accept) stepConntrack(packet, hook);
  return verdict;
}

/** mangle OUTPUT routes again when it changed something that routing looks at (ipt_mangle_out, ip6t_mangle_out). */
export function mangleOutput(packet: Packet): Verdict {
  const before = snapshotRouteKey(packet);
  const source0 = before.source0;
  const source1 = before.source1;
  const destination0 = before.destination0;
  const destination1 = before.destination1;
  const mark = packet.mark;
  const tos = packet.tos;
  const flowLabel = load<u32>(packet.data);
  const ttl = packet.ttl;
  const verdict = runTable(packet, Table.Mangle, Hook.Output, 0, packet.outDevice);
  if (verdict != Verdict.Accept) return verdict;
  const after = snapshotRouteKey(packet);
  let changed =
    after.source0 != source0 ||
    after.source1 != source1 ||
    after.destination0 != destination0 ||
    after.destination1 != destination1 ||
    packet.mark != mark ||
    packet.tos != tos;
  if (packet.family == 6 && (load<u32>(packet.data) != flowLabel || packet.ttl != ttl)) changed = true;
  return changed ? routeAgain(packet) : Verdict.Accept;
}

/**
 * The nat hook (nf_nat_inet_fn): chains for the first packet of a connection, then the rewrite. It is registered with the
 * nat table; a family without one translates nothing and makes no bindings.
 */
export function natHook(packet: Packet, hook: Hook, inDevice: u32, outDevice: u32): Verdict {
  if (packet.ct == 0 || !isLoaded(packet.family, Table.Nat)) return Verdict.Accept;
  if (needsChains(packet, hook)) {
    let verdict = runTable(packet, Table.Nat, hook, inDevice, outDevice);
    if (verdict != Verdict.Accept) return verdict;
    verdict = bindNull(packet, hook);
    if (verdict != Verdict.Accept) return natFailed(packet, verdict);
  }
  const before = packet.path;
  const verdict = translate(packet, hook);
  if (verdict != Verdict.Accept) return natFailed(packet, verdict);
  if (packet.path == before) stepNat(packet, hook);
  return verdict;
}

function natFailed(packet: Packet, verdict: Verdict): Verdict {
  if (verdict == Verdict.Drop) drop(packet, Reason.NatFailed);
  return verdict;
}

/** nat OUTPUT, and a new route where the destination address changed (nf_nat_ipv4_local_fn). */
export function natOutput(packet: Packet, outDevice: u32): Verdict {
  const verdict = natHook(packet, Hook.Output, 0, outDevice);
  if (verdict != Verdict.Accept) return verdict;
  if (packet.ct == 0 || !isLoaded(packet.family, Table.Nat)) return Verdict.Accept;
  return destinationChanged(packet) ? routeAgain(packet) : Verdict.Accept;
}

/** nat PREROUTING: a changed destination voids a route that the packet already had (loopback). */
export function natPreRouting(packet: Packet): Verdict {
  copyAddress(destinationBefore, packet.destination, packet.family);
  const verdict = natHook(packet, Hook.PreRouting, packet.inDevice, 0);
  if (verdict != Verdict.Accept) return verdict;
  copyAddress(destinationAfter, packet.destination, packet.family);
  if (!sameAddress(destinationBefore, destinationAfter)) packet.routed = 0;
  return Verdict.Accept;
}

function routeAgain(packet: Packet): Verdict {
  const result = reroute(packet);
  stepRoute(packet, result);
  if (isUsable(result)) return Verdict.Accept;
  drop(packet, Reason.SendRefused);
  return Verdict.Drop;
}

@unmanaged
class RouteKey {
  source0: u64;
  source1: u64;
  destination0: u64;
  destination1: u64;
}

const routeKey = changetype<RouteKey>(allocate(offsetof<RouteKey>()));
const destinationBefore = allocate(16);
const destinationAfter = allocate(16);

function snapshotRouteKey(packet: Packet): RouteKey {
  copyAddress(changetype<usize>(routeKey), packet.source, packet.family);
  copyAddress(changetype<usize>(routeKey) + offsetof<RouteKey>("destination0"), packet.destination, packet.family);
  return routeKey;
}
