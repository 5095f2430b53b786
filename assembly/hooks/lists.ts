import { CtInfo } from "../abi/conntrack";
import { Hook, Table, Verdict } from "../abi/netfilter";
import { confirm } from "../conntrack/index";
import { Tracking } from "../conntrack/tracking";
import { DefragUser, defragment } from "../ip/defragment";
import { runTable } from "../iptables/traverse";
import { ipvsActive, ipvsForwardIcmp, ipvsReply, ipvsRequest } from "../ipvs/index";
import { config } from "../packet/config";
import { Packet } from "../packet/packet";
import { enterHook } from "../trace/steps";
import { beginUntracked, takesShortcut } from "./shortcut";
import { mangleOutput, natHook, natOutput, natPreRouting, resumePacket, trackPacket } from "./tables";

/**
 * What sees a packet at each hook, in the order of priorities (netfilter-hooks.md section 2):
 *
 * ```text
 *            PREROUTING   INPUT          FORWARD          OUTPUT            POSTROUTING
 *  -400      defrag                                       defrag
 *  -300      raw                                          raw
 *  -200      conntrack                                    conntrack
 *  -150      mangle       mangle         mangle           mangle, reroute   mangle
 *  -100      nat                                          nat, reroute
 *   -99 -98                                               IPVS out, in
 *     0                   filter         filter           filter
 *    50                   security       security         security
 *    98  99               IPVS out, in   IPVS ICMP  (99)
 *   100                   nat            IPVS out (100)                     nat
 *   last                  confirm                                           confirm
 * ```
 * Each function answers the first verdict that is not Accept. After Drop the packet is still the caller's, and most often
 * reported already; after Stolen it is somebody else's.
 */
export function preRouting(packet: Packet): Verdict {
  const inDevice = packet.inDevice;
  if (defragActive(packet) && defragment(packet, DefragUser.ConntrackIn) != Verdict.Accept) return Verdict.Stolen;
  enterHook(packet, Hook.PreRouting, inDevice, 0);
  let verdict = runTable(packet, Table.Raw, Hook.PreRouting, inDevice, 0);
  if (verdict != Verdict.Accept) return verdict;
  if (conntrackActive(packet)) {
    verdict = trackPacket(packet, Hook.PreRouting);
    if (verdict != Verdict.Accept) return verdict;
    if (takesShortcut(packet)) return Verdict.Stolen;
  } else {
    beginUntracked(packet);
  }
  return afterTracking(packet);
}

/** PREROUTING from conntrack on, for a packet that it has begun with in hooks/express: there is no table raw. */
export function resumePreRouting(packet: Packet, reference: usize, tracking: Tracking): Verdict {
  enterHook(packet, Hook.PreRouting, packet.inDevice, 0);
  const verdict = resumePacket(packet, reference, tracking);
  if (verdict != Verdict.Accept) return verdict;
  return takesShortcut(packet) ? Verdict.Stolen : afterTracking(packet);
}

function afterTracking(packet: Packet): Verdict {
  const verdict = runTable(packet, Table.Mangle, Hook.PreRouting, packet.inDevice, 0);
  if (verdict != Verdict.Accept) return verdict;
  return conntrackActive(packet) ? natPreRouting(packet) : Verdict.Accept;
}

export function input(packet: Packet): Verdict {
  const inDevice = packet.inDevice;
  enterHook(packet, Hook.Input, inDevice, 0);
  let verdict = runTable(packet, Table.Mangle, Hook.Input, inDevice, 0);
  if (verdict != Verdict.Accept) return verdict;
  verdict = runTable(packet, Table.Filter, Hook.Input, inDevice, 0);
  if (verdict != Verdict.Accept) return verdict;
  verdict = runTable(packet, Table.Security, Hook.Input, inDevice, 0);
  if (verdict != Verdict.Accept) return verdict;
  if (ipvsActive(packet.family)) {
    verdict = ipvsReply(packet, Hook.Input);
    if (verdict != Verdict.Accept) return verdict;
    verdict = ipvsRequest(packet, Hook.Input);
    if (verdict != Verdict.Accept) return verdict;
  }
  if (!conntrackActive(packet)) return Verdict.Accept;
  verdict = natHook(packet, Hook.Input, inDevice, 0);
  if (verdict != Verdict.Accept) return verdict;
  return confirm(packet);
}

export function forward(packet: Packet): Verdict {
  const inDevice = packet.inDevice;
  const outDevice = packet.outDevice;
  enterHook(packet, Hook.Forward, inDevice, outDevice);
  let verdict = runTable(packet, Table.Mangle, Hook.Forward, inDevice, outDevice);
  if (verdict != Verdict.Accept) return verdict;
  verdict = runTable(packet, Table.Filter, Hook.Forward, inDevice, outDevice);
  if (verdict != Verdict.Accept) return verdict;
  verdict = runTable(packet, Table.Security, Hook.Forward, inDevice, outDevice);
  if (verdict != Verdict.Accept) return verdict;
  if (!ipvsActive(packet.family)) return Verdict.Accept;
  verdict = ipvsForwardIcmp(packet, Hook.Forward);
  if (verdict != Verdict.Accept) return verdict;
  return ipvsReply(packet, Hook.Forward);
}

/** The out device stays the one at entry for all of OUTPUT, even when the packet was routed again. */
export function output(packet: Packet): Verdict {
  const outDevice = packet.outDevice;
  if (defragActive(packet) && defragment(packet, DefragUser.ConntrackOut) != Verdict.Accept) return Verdict.Stolen;
  enterHook(packet, Hook.Output, 0, outDevice);
  let verdict = runTable(packet, Table.Raw, Hook.Output, 0, outDevice);
  if (verdict != Verdict.Accept) return verdict;
  if (conntrackActive(packet)) {
    verdict = trackPacket(packet, Hook.Output);
    if (verdict != Verdict.Accept) return verdict;
  }
  verdict = mangleOutput(packet);
  if (verdict != Verdict.Accept) return verdict;
  if (conntrackActive(packet)) {
    verdict = natOutput(packet, outDevice);
    if (verdict != Verdict.Accept) return verdict;
  }
  if (ipvsActive(packet.family)) {
    verdict = ipvsReply(packet, Hook.Output);
    if (verdict != Verdict.Accept) return verdict;
    verdict = ipvsRequest(packet, Hook.Output);
    if (verdict != Verdict.Accept) return verdict;
  }
  verdict = runTable(packet, Table.Filter, Hook.Output, 0, outDevice);
  if (verdict != Verdict.Accept) return verdict;
  return runTable(packet, Table.Security, Hook.Output, 0, outDevice);
}

export function postRouting(packet: Packet): Verdict {
  const inDevice = packet.inDevice;
  const outDevice = packet.outDevice;
  enterHook(packet, Hook.PostRouting, inDevice, outDevice);
  let verdict = runTable(packet, Table.Mangle, Hook.PostRouting, inDevice, outDevice);
  if (verdict != Verdict.Accept) return verdict;
  if (!conntrackActive(packet)) return Verdict.Accept;
  verdict = natHook(packet, Hook.PostRouting, inDevice, outDevice);
  if (verdict != Verdict.Accept) return verdict;
  return confirm(packet);
}

function conntrackActive(packet: Packet): bool {
  return packet.family == 4 ? config.conntrackActive4 != 0 : config.conntrackActive6 != 0;
}

/** Packets that were untracked on an earlier pass are not gathered (ipv4_conntrack_defrag, ipv6_defrag). */
function defragActive(packet: Packet): bool {
  if (packet.ctinfo == CtInfo.Untracked && packet.ct == 0) return false;
  return packet.family == 4 ? config.defragActive4 != 0 : config.defragActive6 != 0;
}
