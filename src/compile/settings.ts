import type { Core } from "../core/core.ts";
import { ConfigLayout } from "../core/layout.generated.ts";
import { type Field, setNumber } from "../core/record.ts";
import type { Node } from "../model/node.ts";
import { loadDeviceSettings } from "./device-settings.ts";

/**
 * A setting: where it goes, its name without `net.`, the default of Linux 6.1. Values are whole numbers; where the
 * kernel prints several (tcp_mem, say) the setting is not here.
 */
type Setting = readonly [field: Field, name: string, initial: number];

const C = ConfigLayout;

/** net/ipv4/sysctl_net_ipv4.c, net/ipv6/sysctl_net_ipv6.c */
const IP: readonly Setting[] = [
  [C.ipDefaultTtl, "ipv4.ip_default_ttl", 64],
  [C.ipv6HopLimit, "ipv6.conf.all.hop_limit", 64],
  [C.ipForwardUsePmtu, "ipv4.ip_forward_use_pmtu", 0],
  [C.ipForwardUpdatePriority, "ipv4.ip_forward_update_priority", 1],
  [C.ipv6Forwarding, "ipv6.conf.all.forwarding", 0],
  [C.fibMultipathHashPolicy, "ipv4.fib_multipath_hash_policy", 0],
  [C.fibMultipathUseNeigh, "ipv4.fib_multipath_use_neigh", 0],
  [C.ipv6MultipathHashPolicy, "ipv6.fib_multipath_hash_policy", 0],
  [C.fwmarkReflect, "ipv4.fwmark_reflect", 0],
  [C.ipv6FwmarkReflect, "ipv6.fwmark_reflect", 0],
  [C.icmpErrorsUseInboundIfaddr, "ipv4.icmp_errors_use_inbound_ifaddr", 0],
  [C.icmpRatelimit, "ipv4.icmp_ratelimit", 1000],
  [C.icmpRatemask, "ipv4.icmp_ratemask", 0x1818],
  [C.icmpMsgsPerSec, "ipv4.icmp_msgs_per_sec", 1000],
  [C.icmpMsgsBurst, "ipv4.icmp_msgs_burst", 50],
  [C.ipv6IcmpRatelimit, "ipv6.icmp.ratelimit", 1000],
  [C.ipfragTime, "ipv4.ipfrag_time", 30],
  [C.ipfragHighThresh, "ipv4.ipfrag_high_thresh", 4 << 20],
  [C.ipfragMaxDist, "ipv4.ipfrag_max_dist", 64],
  [C.ip6fragTime, "ipv6.ip6frag_time", 60],
  [C.ip6fragHighThresh, "ipv6.ip6frag_high_thresh", 4 << 20],
  [C.ipUnprivilegedPortStart, "ipv4.ip_unprivileged_port_start", 1024],
];

const CT = "netfilter.nf_conntrack_";

/** net/netfilter/nf_conntrack_standalone.c and the protocols' own files. */
const CONNTRACK: readonly Setting[] = [
  // The limit depends on the machine's memory; this is that of more than 4 GiB (nf_conntrack_core.c).
  [C.conntrackMax, `${CT}max`, 262144],
  [C.conntrackBuckets, `${CT}buckets`, 262144],
  [C.conntrackAcct, `${CT}acct`, 0],
  [C.conntrackChecksum, `${CT}checksum`, 1],
  [C.conntrackTimestamp, `${CT}timestamp`, 0],
  [C.expectMax, `${CT}expect_max`, 4096],
  [C.conntrackEvents, `${CT}events`, 2],
  [C.tcpLoose, `${CT}tcp_loose`, 1],
  [C.tcpBeLiberal, `${CT}tcp_be_liberal`, 0],
  [C.tcpMaxRetrans, `${CT}tcp_max_retrans`, 3],
  [C.tcpIgnoreInvalidRst, `${CT}tcp_ignore_invalid_rst`, 0],
  [C.tcpTimeoutSynSent, `${CT}tcp_timeout_syn_sent`, 120],
  [C.tcpTimeoutSynRecv, `${CT}tcp_timeout_syn_recv`, 60],
  [C.tcpTimeoutEstablished, `${CT}tcp_timeout_established`, 432000],
  [C.tcpTimeoutFinWait, `${CT}tcp_timeout_fin_wait`, 120],
  [C.tcpTimeoutCloseWait, `${CT}tcp_timeout_close_wait`, 60],
  [C.tcpTimeoutLastAck, `${CT}tcp_timeout_last_ack`, 30],
  [C.tcpTimeoutTimeWait, `${CT}tcp_timeout_time_wait`, 120],
  [C.tcpTimeoutClose, `${CT}tcp_timeout_close`, 10],
  [C.tcpTimeoutMaxRetrans, `${CT}tcp_timeout_max_retrans`, 300],
  [C.tcpTimeoutUnacknowledged, `${CT}tcp_timeout_unacknowledged`, 300],
  [C.udpTimeout, `${CT}udp_timeout`, 30],
  [C.udpTimeoutStream, `${CT}udp_timeout_stream`, 120],
  [C.icmpTimeout, `${CT}icmp_timeout`, 30],
  [C.icmpv6Timeout, `${CT}icmpv6_timeout`, 30],
  [C.greTimeout, `${CT}gre_timeout`, 30],
  [C.greTimeoutStream, `${CT}gre_timeout_stream`, 180],
  [C.genericTimeout, `${CT}generic_timeout`, 600],
  [C.sctpTimeoutClosed, `${CT}sctp_timeout_closed`, 10],
  [C.sctpTimeoutCookieWait, `${CT}sctp_timeout_cookie_wait`, 3],
  [C.sctpTimeoutCookieEchoed, `${CT}sctp_timeout_cookie_echoed`, 3],
  [C.sctpTimeoutEstablished, `${CT}sctp_timeout_established`, 210],
  [C.sctpTimeoutShutdownSent, `${CT}sctp_timeout_shutdown_sent`, 3],
  [C.sctpTimeoutShutdownRecd, `${CT}sctp_timeout_shutdown_recd`, 3],
  [C.sctpTimeoutShutdownAckSent, `${CT}sctp_timeout_shutdown_ack_sent`, 3],
  [C.sctpTimeoutHeartbeatSent, `${CT}sctp_timeout_heartbeat_sent`, 30],
  [C.dccpTimeoutRequest, `${CT}dccp_timeout_request`, 240],
  [C.dccpTimeoutRespond, `${CT}dccp_timeout_respond`, 480],
  [C.dccpTimeoutPartopen, `${CT}dccp_timeout_partopen`, 480],
  [C.dccpTimeoutOpen, `${CT}dccp_timeout_open`, 43200],
  [C.dccpTimeoutClosereq, `${CT}dccp_timeout_closereq`, 64],
  [C.dccpTimeoutClosing, `${CT}dccp_timeout_closing`, 64],
  [C.dccpTimeoutTimewait, `${CT}dccp_timeout_timewait`, 240],
  [C.dccpLoose, `${CT}dccp_loose`, 1],
  [C.frag6Timeout, `${CT}frag6_timeout`, 60],
  [C.frag6HighThresh, `${CT}frag6_high_thresh`, 4 << 20],
];

/** net/netfilter/ipvs/ip_vs_ctl.c */
const IPVS: readonly Setting[] = [
  [C.vsConntrack, "ipv4.vs.conntrack", 0],
  [C.vsConnReuseMode, "ipv4.vs.conn_reuse_mode", 1],
  [C.vsExpireNodestConn, "ipv4.vs.expire_nodest_conn", 0],
  [C.vsExpireQuiescentTemplate, "ipv4.vs.expire_quiescent_template", 0],
  [C.vsSloppyTcp, "ipv4.vs.sloppy_tcp", 0],
  [C.vsSloppySctp, "ipv4.vs.sloppy_sctp", 0],
  [C.vsSnatReroute, "ipv4.vs.snat_reroute", 1],
  [C.vsNatIcmpSend, "ipv4.vs.nat_icmp_send", 0],
  [C.vsScheduleIcmp, "ipv4.vs.schedule_icmp", 0],
  [C.vsCacheBypass, "ipv4.vs.cache_bypass", 0],
  [C.vsIgnoreTunneled, "ipv4.vs.ignore_tunneled", 0],
  [C.vsPmtuDisc, "ipv4.vs.pmtu_disc", 1],
  [C.vsDropEntry, "ipv4.vs.drop_entry", 0],
  [C.vsDropPacket, "ipv4.vs.drop_packet", 0],
  [C.vsAmDroprate, "ipv4.vs.am_droprate", 10],
  [C.vsSecureTcp, "ipv4.vs.secure_tcp", 0],
  [C.vsLblcExpiration, "ipv4.vs.lblc_expiration", 86400],
  [C.vsLblcrExpiration, "ipv4.vs.lblcr_expiration", 86400],
  [C.vsRunEstimation, "ipv4.vs.run_estimation", 1],
];

/** Older names of the same settings. */
const OTHER_NAMES: ReadonlyMap<string, string> = new Map([
  [`${CT}max`, "nf_conntrack_max"],
  [`${CT}generic_timeout`, "ipv4.netfilter.ip_conntrack_generic_timeout"],
]);

/**
 * Writes the node's settings into the core: the `Config` record, but not its part on how to run. May be called again while
 * packets flow, when a command changed a setting; nothing else in the core is touched.
 */
export function loadSettings(core: Core, node: Pick<Node, "sysctls" | "interfaces" | "kernel" | "modules">): void {
  const view = new DataView(core.memory.buffer);
  const config = core.configAddress();
  for (const [field, name, initial] of [...IP, ...CONNTRACK, ...IPVS]) {
    setNumber(view, config, field, settingOf(node.sysctls, name) ?? initial);
  }
  setNumber(view, config, C.kernelVersion, kernelVersion(node.kernel));
  setNumber(view, config, C.kernelPatch, kernelPatch(node.kernel));
  loadModules(view, config, node.modules);
  loadRatemask6(view, config, node.sysctls);
  loadDeviceSettings(core, node);
}

/** Where the modules are not known, those that translate payloads are there: whoever has a helper and NAT wants them. */
function loadModules(view: DataView, config: number, modules: Node["modules"]): void {
  const has = (name: string) => Number(modules?.names.has(name) ?? true);
  setNumber(view, config, C.natFtp, has("nf_nat_ftp"));
  setNumber(view, config, C.natTftp, has("nf_nat_tftp"));
  setNumber(view, config, C.vsFtp, Number(modules?.names.has("ip_vs_ftp") ?? false));
  setNumber(view, config, C.logsHelpers, has("nf_log_syslog"));
  setNumber(view, config, C.ftpLoose, Number(/^[1yY]/.test(modules?.parameters.get("nf_conntrack_ftp.loose") ?? "")));
}

/** A setting's number; its name is without `net.`. */
export function settingOf(sysctls: ReadonlyMap<string, string>, name: string): number | undefined {
  const other = OTHER_NAMES.get(name);
  const text = sysctls.get(`net.${name}`) ?? (other === undefined ? undefined : sysctls.get(`net.${other}`));
  if (text === undefined) return undefined;
  const value = Number(text);
  return Number.isFinite(value) ? Math.min(Math.max(Math.trunc(value), 0), 0xffffffff) : undefined;
}

/** `6.1.176-amd64` as 176; 0 where there is no third number. */
function kernelPatch(text: string): number {
  return Number(/^[0-9]+\.[0-9]+\.([0-9]+)/.exec(text)?.[1] ?? 0);
}

/** `6.1.176-amd64` as major << 8 | minor. */
function kernelVersion(text: string): number {
  const [, major, minor] = /^([0-9]+)\.([0-9]+)/.exec(text) ?? [];
  return (Number(major ?? 6) << 8) | Number(minor ?? 1);
}

/**
 * A list of types and ranges, as the kernel prints a large bitmap: `0-1,3-127` by default. Whoever switches the limit a
 * destination off without naming types means no limit at all.
 */
function loadRatemask6(view: DataView, config: number, sysctls: ReadonlyMap<string, string>): void {
  const words = [0n, 0n, 0n, 0n];
  const isOff = settingOf(sysctls, "ipv6.icmp.ratelimit") === 0;
  const text = sysctls.get("net.ipv6.icmp.ratemask") ?? (isOff ? "" : "0-1,3-127");
  for (const part of text.split(",")) {
    const [from, to] = part.split("-").map(Number);
    if (from === undefined || Number.isNaN(from) || part.trim() === "") continue;
    for (let type = from; type <= Math.min(to ?? from, 255); type++) {
      words[type >> 6] = words[type >> 6]! | (1n << BigInt(type & 63));
    }
  }
  const fields = [C.ipv6IcmpRatemask0, C.ipv6IcmpRatemask1, C.ipv6IcmpRatemask2, C.ipv6IcmpRatemask3];
  for (const [i, field] of fields.entries()) setNumber(view, config, field, words[i]!);
}
