import { Complaint } from "../../assembly/abi/conntrack.ts";
import { helperName } from "../compile/helper.ts";
import type { LoadedRulesets } from "../compile/ruleset.ts";
import type { TraceEvent } from "../engine/outputs.ts";
import type { Interface, Node } from "../model/node.ts";
import type { LogTarget } from "../model/target.ts";
import { colonHex, hex, LoggedBytes } from "./log-bytes.ts";
import { logIpv4 } from "./log-ipv4.ts";
import { logIpv6 } from "./log-ipv6.ts";

const ETHERNET_HEADER = 14;

/**
 * The line that LOG writes for an event of kind Log, as the kernel prints it (net/netfilter/nf_log_syslog.c), without
 * priority and time.
 *
 * @param node its interfaces in the order of their numbers: device 1 is the first.
 */
export function logLine(
  event: TraceEvent,
  rulesets: Pick<LoadedRulesets, "rule">,
  { interfaces, local }: Pick<Node, "interfaces" | "local">,
): string | undefined {
  const target = rulesets.rule(event.subject)?.rule.target;
  if (target?.kind !== "LOG") return undefined;
  const input = interfaces[event.inDevice - 1];
  const output = interfaces[event.outDevice - 1];
  const packet = new LoggedBytes(event.data, event.packetLength);
  let line = `${target.prefix}IN=${input?.name ?? ""} OUT=${output?.name ?? ""} `;
  const bridgeIn = interfaces[event.bridgeIn - 1];
  const bridgeOut = interfaces[event.bridgeOut - 1];
  if (bridgeIn) line += `PHYSIN=${bridgeIn.name} `;
  if (bridgeOut) line += `PHYSOUT=${bridgeOut.name} `;
  if (input) line += logMac(event, input, target);
  const isIpv4 = event.data[0]! >> 4 === 4;
  const part = isIpv4 ? logIpv4(packet, 0, target) : logIpv6(packet, 0, target);
  line += part.text;
  if (part.ends) return line;
  if (target.uid && event.detail === 1) line += `UID=${local.uid} GID=${local.gid} `;
  return event.mark === 0 ? line : `${line}MARK=0x${hex(event.mark, 1)} `;
}

const COMPLAINTS: Readonly<Record<Complaint, string>> = {
  [Complaint.PartialPort]: "partial matching of `PORT'",
  [Complaint.PartialEprt]: "partial matching of `EPRT'",
  [Complaint.PartialPasv]: "partial matching of `227 '",
  [Complaint.PartialEpsv]: "partial matching of `229 '",
  [Complaint.CannotExpect]: "cannot add expectation",
  [Complaint.PortsInUse]: "all ports in use",
  [Complaint.CannotMangle]: "cannot mangle packet",
};
/** What the kernel's own lines show beside the addresses. */
const ALL_DETAILS = { tcpSequence: true, tcpOptions: true, ipOptions: true } as const;

/** The line that a helper writes about a packet that it drops (nf_ct_helper_log), for an event of kind HelperLog. */
export function helperLogLine(event: TraceEvent): string {
  const complaint = COMPLAINTS[(event.subject & 0xff) as Complaint];
  const packet = new LoggedBytes(event.data, event.packetLength);
  let line = `nf_ct_${helperName(event.subject >> 8)}: dropping packet: ${complaint} IN= OUT= `;
  const isIpv4 = event.data[0]! >> 4 === 4;
  const part = isIpv4 ? logIpv4(packet, 0, ALL_DETAILS) : logIpv6(packet, 0, ALL_DETAILS);
  line += part.text;
  if (part.ends) return line;
  if (event.detail === 1) line += "UID=0 GID=0 ";
  return event.mark === 0 ? line : `${line}MARK=0x${hex(event.mark, 1)} `;
}

/** dump_mac_header(). */
function logMac(event: TraceEvent, input: Interface, target: LogTarget): string {
  const header = linkHeader(event, input);
  if (target.macDecode && input.linkType === "ether") {
    if (header.length < ETHERNET_HEADER) return "";
    const protocol = hex((header[12]! << 8) | header[13]!, 4);
    return `MACSRC=${colonHex(header.subarray(6, 12))} MACDST=${colonHex(header.subarray(0, 6))} MACPROTO=${protocol} `;
  }
  return `MAC=${colonHex(header.subarray(0, ETHERNET_HEADER))} `;
}

/** Packets that lo gave back have an Ethernet header of zeros. */
function linkHeader(event: TraceEvent, input: Interface): Uint8Array {
  if (input.linkType !== "loopback") return event.mac;
  const header = new Uint8Array(ETHERNET_HEADER);
  header.set(event.data[0]! >> 4 === 4 ? [0x08, 0x00] : [0x86, 0xdd], 12);
  return header;
}
